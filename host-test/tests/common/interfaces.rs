//! The interfaces of a component, read from its file. Nothing is compiled for that: it would take seconds.

use std::collections::BTreeSet;
use wasmparser::{ComponentExternalKind, Parser, Payload};

/// Returns the names of everything that a component imports, and of the interfaces that it exports.
pub fn imports_and_exports(component: &[u8]) -> [BTreeSet<String>; 2] {
    let (mut imports, mut exports, mut depth) = (BTreeSet::new(), BTreeSet::new(), 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            // Deeper ones are those of its parts.
            Payload::ComponentImportSection(section) if depth == 1 => {
                imports.extend(section.into_iter().map(|it| it.unwrap().name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                let interfaces = section
                    .into_iter()
                    .map(Result::unwrap)
                    .filter(|it| it.kind == ComponentExternalKind::Instance);
                exports.extend(interfaces.map(|it| it.name.name.to_owned()));
            }
            _ => {}
        }
    }
    [imports, exports]
}
