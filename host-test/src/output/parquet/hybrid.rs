//! Parquet's encoding of small numbers: runs of one number, and numbers packed into bits.

/// Numbers as runs: a number, and how often it stands in a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs(Vec<(u32, u32)>);

impl Runs {
    /// Adds a number, `count` times.
    pub(super) fn push(&mut self, number: u32, count: u32) {
        match self.0.last_mut() {
            Some((last, times)) if *last == number && times.checked_add(count).is_some() => *times += count,
            _ => self.0.push((number, count)),
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the bytes of memory that the runs take.
    pub(super) fn size(&self) -> usize {
        self.0.len() * size_of::<(u32, u32)>()
    }

    /// Returns each number, as often as it stands there.
    pub(super) fn each(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|&(number, count)| std::iter::repeat_n(number, count as usize))
    }

    /// Appends the numbers in Parquet's encoding, each in `width` bits.
    pub(super) fn encode(&self, width: u32, to: &mut Vec<u8>) {
        let mut packed = Packed { numbers: Vec::with_capacity(MOST_PACKED), width };
        for &(number, mut count) in &self.0 {
            // What was begun in bits ends with a whole byte of each.
            while !packed.numbers.len().is_multiple_of(8) && count > 0 {
                packed.push(number, to);
                count -= 1;
            }
            if count >= 8 {
                packed.write(to);
                varint(u64::from(count) << 1, to);
                to.extend_from_slice(&number.to_le_bytes()[..width.div_ceil(8) as usize]);
            } else {
                (0..count).for_each(|_| packed.push(number, to));
            }
        }
        packed.write(to);
    }
}

/// The most numbers that are packed behind one header, as Parquet's own writers have it: the header is
/// then one byte.
const MOST_PACKED: usize = 63 * 8;

/// Numbers that are still to be packed.
struct Packed {
    numbers: Vec<u32>,
    width: u32,
}

impl Packed {
    fn push(&mut self, number: u32, to: &mut Vec<u8>) {
        if self.numbers.len() == MOST_PACKED {
            self.write(to);
        }
        self.numbers.push(number);
    }

    /// Writes what there is. Only at the end of all is the last group filled up.
    fn write(&mut self, to: &mut Vec<u8>) {
        if self.numbers.is_empty() {
            return;
        }
        let groups = self.numbers.len().div_ceil(8);
        self.numbers.resize(groups * 8, 0);
        varint((groups as u64) << 1 | 1, to);
        let (mut bits, mut filled) = (0_u64, 0);
        for &number in &self.numbers {
            bits |= u64::from(number) << filled;
            filled += self.width;
            while filled >= 8 {
                to.push(bits as u8);
                bits >>= 8;
                filled -= 8;
            }
        }
        self.numbers.clear();
    }
}

/// Returns the bits that the numbers up to this one take: at least one, because some readers don't
/// know numbers of none.
pub(super) fn width(most: u32) -> u32 {
    (u32::BITS - most.leading_zeros()).max(1)
}

fn varint(mut number: u64, to: &mut Vec<u8>) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads numbers as the format's text says it, without a look at the writer.
    fn decode(mut bytes: &[u8], width: u32, count: usize) -> Vec<u32> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            let (mut header, mut shift) = (0_u64, 0);
            loop {
                let byte = bytes[0];
                bytes = &bytes[1..];
                header |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            if header & 1 == 0 {
                let length = width.div_ceil(8) as usize;
                let mut number = [0; 4];
                number[..length].copy_from_slice(&bytes[..length]);
                bytes = &bytes[length..];
                numbers.extend(std::iter::repeat_n(u32::from_le_bytes(number), (header >> 1) as usize));
            } else {
                let values = (header >> 1) as usize * 8;
                let bit = |at: usize| u32::from(bytes[at / 8] >> (at % 8) & 1);
                for value in 0..values {
                    let bits = (0..width as usize).map(|at| bit(value * width as usize + at) << at);
                    numbers.push(bits.sum());
                }
                bytes = &bytes[values * width as usize / 8..];
            }
        }
        assert!(bytes.is_empty(), "more than was announced");
        assert!(numbers.len() < count + 8 && numbers[count..].iter().all(|&number| number == 0));
        numbers.truncate(count);
        numbers
    }

    proptest! {
        #[test]
        fn numbers_are_read_as_they_were_written(
            runs in proptest::collection::vec((0_u32..70_000, 1_u32..40), 0..60),
            alone in proptest::collection::vec(0_u32..3, 0..1_200),
        ) {
            for numbers in [runs, alone.into_iter().map(|number| (number, 1)).collect()] {
                let mut written = Runs::default();
                numbers.iter().for_each(|&(number, count)| written.push(number, count));
                let expected: Vec<u32> = written.each().collect();
                let width = width(expected.iter().copied().max().unwrap_or(0));
                let mut bytes = Vec::new();
                written.encode(width, &mut bytes);
                prop_assert_eq!(decode(&bytes, width, expected.len()), expected);
            }
        }
    }

    #[test]
    fn a_number_takes_as_few_bits_as_it_can() {
        assert_eq!([0, 1, 2, 3, 4, 255, 256, u32::MAX].map(width), [1, 1, 2, 2, 3, 8, 9, 32]);
        let mut runs = Runs::default();
        runs.push(7, 1_000_000);
        let mut bytes = Vec::new();
        runs.encode(3, &mut bytes);
        assert_eq!(bytes, [0x80, 0x89, 0x7a, 7]);
    }
}
