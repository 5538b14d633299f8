//! Tables for a person: aligned, with a heading, and never cut.

use crate::client::sanitize::visible;

/// No column is wider, in characters. A longer text stands out of its own line, and not in the way of all the others: what
/// is printed stays as large as what came, times the width of a terminal at most.
const WIDEST: usize = 120;

/// How wide a column has to be.
pub(crate) fn width<'t>(cells: impl Iterator<Item = &'t str>) -> usize {
    cells.map(|cell| cell.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or(0)
}

/// Rows below a heading, in columns as wide as what is in them.
pub(crate) fn table<const COLUMNS: usize>(heading: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> String {
    let heading = heading.map(str::to_owned);
    let rows: Vec<[String; COLUMNS]> =
        std::iter::once(&heading).chain(rows).map(|row| row.each_ref().map(|cell| visible(cell))).collect();
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| width(rows.iter().map(|row| row[column].as_str())));
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
