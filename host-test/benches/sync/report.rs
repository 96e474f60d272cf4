//! The figures as a table, and their ratios.

use crate::account::Extent;
use crate::measure::{Measured, median};
use crate::prepared::Fewest;
use crate::run::Way;
use comfy_table::{CellAlignment, Table, presets};
use std::fmt;
use std::time::Duration;

/// The measurements of one size at one latency.
pub struct Cell {
    extent: Extent,
    latency: u64,
    fewest: Fewest,
    runs: Vec<(Way, Measured)>,
}

impl Cell {
    pub fn new(extent: Extent, latency: u64, fewest: Fewest) -> Cell {
        Cell { extent, latency, fewest, runs: Vec::new() }
    }

    pub fn add(&mut self, way: Way, measured: Measured) {
        self.runs.push((way, measured));
    }

    /// Fails where the ways don't do the same: then they can't be compared.
    pub fn check(&self) {
        for (native, component) in self.of(Way::Native).zip(self.of(Way::Component)) {
            assert_eq!(
                (native.grants, native.bytes_out),
                (component.grants, component.bytes_out),
                "another result"
            );
            assert!(component.grants > 0, "an account in which nobody holds anything shows nothing");
        }
        for (_, measured) in &self.runs {
            assert_eq!(measured.requests, self.fewest.total(), "not the fewest requests");
            assert_eq!(measured.bytes_in, self.runs[0].1.bytes_in, "other pages");
        }
    }

    fn of(&self, way: Way) -> impl Iterator<Item = &Measured> {
        self.runs.iter().filter(move |run| run.0 == way).map(|run| &run.1)
    }

    fn median<T: Copy + PartialOrd>(&self, way: Way, of: impl Fn(&Measured) -> T) -> T {
        median(self.of(way).map(of))
    }

    /// Returns the median, and half the distance between the extreme runs as a part of the median.
    fn spread(&self, way: Way, of: impl Fn(&Measured) -> Duration) -> String {
        let seconds = |measured: &Measured| of(measured).as_secs_f64();
        let median = self.median(way, seconds);
        let least = self.of(way).map(seconds).fold(f64::INFINITY, f64::min);
        let most = self.of(way).map(seconds).fold(0.0, f64::max);
        format!("{median:.3} ±{:.0} %", (most - least) / 2.0 / median * 100.0)
    }

    /// Returns the median of each round's ratio. Both runs of a round meet the same load of the
    /// machine.
    fn ratio(&self, of: impl Fn(&Measured) -> Duration, to: Way) -> f64 {
        self.ratio_of(Way::Component, |it| of(it).as_secs_f64(), to)
    }

    fn ratio_of(&self, way: Way, of: impl Fn(&Measured) -> f64, to: Way) -> f64 {
        median(self.of(way).zip(self.of(to)).map(|(one, other)| of(one) / of(other)))
    }

    /// Returns the ratios of another form to JSON Lines, in CPU time and in bytes.
    fn beside_lines(&self, way: Option<Way>) -> [String; 2] {
        let Some(way) = way else { return ["-", "-"].map(str::to_owned) };
        let processor = self.ratio_of(way, |it| it.processor.as_secs_f64(), Way::Native);
        let bytes = self.ratio_of(Way::Native, |it| it.bytes_out as f64, way);
        [format!("{processor:.2}"), format!("1/{bytes:.1}")]
    }
}

#[cfg(feature = "parquet")]
const PARQUET: Option<Way> = Some(Way::Parquet);
#[cfg(not(feature = "parquet"))]
const PARQUET: Option<Way> = None;
#[cfg(feature = "c1z")]
const C1Z: Option<Way> = Some(Way::C1z);
#[cfg(not(feature = "c1z"))]
const C1Z: Option<Way> = None;

/// All measurements.
#[derive(Default)]
pub struct Report(Vec<Cell>);

impl Report {
    pub fn add(&mut self, cell: Cell) {
        self.0.push(cell);
    }

    fn runs(&self) -> Table {
        let mut table = table(&[
            "users/members/groups/roles/apps",
            "latency ms",
            "way",
            "requests",
            "of them for lists",
            "wall s",
            "CPU s",
            "server CPU s",
            "MB in",
            "MB out",
            "grants",
            "resident MiB",
            "guest MiB",
        ]);
        for cell in &self.0 {
            for &way in Way::ALL {
                let of = |of: fn(&Measured) -> f64| cell.median(way, of);
                table.add_row([
                    cell.extent.to_string(),
                    cell.latency.to_string(),
                    way.word().to_owned(),
                    cell.median(way, |it| it.requests).to_string(),
                    cell.fewest.lists.to_string(),
                    cell.spread(way, |it| it.wall),
                    cell.spread(way, |it| it.processor),
                    format!("{:.3}", of(|it| it.server.as_secs_f64())),
                    format!("{:.1}", of(|it| it.bytes_in as f64 / 1e6)),
                    format!("{:.1}", of(|it| it.bytes_out as f64 / 1e6)),
                    cell.median(way, |it| it.grants).to_string(),
                    format!("{:.1}", of(|it| it.resident as f64 / f64::from(1 << 20))),
                    format!("{:.1}", of(|it| it.guest as f64 / f64::from(1 << 20))),
                ]);
            }
        }
        right(table, &[0, 2])
    }

    fn ratios(&self) -> Table {
        let mut table = table(&[
            "users/members/groups/roles/apps",
            "latency ms",
            "CPU component/native",
            "wall component/null",
            "wall component/native",
            "CPU Parquet/JSON Lines",
            "bytes Parquet/JSON Lines",
            "CPU c1z/JSON Lines",
            "bytes c1z/JSON Lines",
            "CPU us a grant",
            "ms to the first request",
        ]);
        for cell in &self.0 {
            let processor = cell.median(Way::Component, |it| it.processor).as_secs_f64();
            let first = cell.median(Way::Component, |it| it.to_first_request.unwrap_or_default());
            let [parquet, parquet_bytes] = cell.beside_lines(PARQUET);
            let [c1z, c1z_bytes] = cell.beside_lines(C1Z);
            table.add_row([
                cell.extent.to_string(),
                cell.latency.to_string(),
                format!("{:.2}", cell.ratio(|it| it.processor, Way::Native)),
                format!("{:.2}", cell.ratio(|it| it.wall, Way::Null)),
                format!("{:.2}", cell.ratio(|it| it.wall, Way::Native)),
                parquet,
                parquet_bytes,
                c1z,
                c1z_bytes,
                format!("{:.2}", processor * 1e6 / cell.median(Way::Component, |it| it.grants) as f64),
                format!("{:.1}", first.as_secs_f64() * 1000.0),
            ]);
        }
        right(table, &[0])
    }
}

fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(columns.iter().copied());
    table
}

fn right(mut table: Table, but: &[usize]) -> Table {
    for (place, column) in table.column_iter_mut().enumerate() {
        if !but.contains(&place) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds = self.0.first().map_or(0, |cell| cell.runs.len() / Way::ALL.len());
        writeln!(f, "Medians of {rounds}; ± is half of what lies between the least and the most.")?;
        writeln!(
            f,
            "CPU is the whole process's, its start included; the server's is apart. \
             Ratios are of runs side by side.\n"
        )?;
        writeln!(f, "{}\n\n{}", self.runs(), self.ratios())
    }
}
