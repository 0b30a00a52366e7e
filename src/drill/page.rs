//! The report as one HTML page that needs nothing else: what was done, how long calls took, and the
//! course of the drill as two drawings.

use super::report::{Report, Second};
use plotters::prelude::*;
use std::error::Error;
use std::fmt::Write;

const SIZE: (u32, u32) = (900, 260);

type Made = Result<String, Box<dyn Error>>;

/// A drawing of some lines over the seconds.
fn drawing(title: &str, unit: &str, lines: &[(&str, RGBColor, Vec<f64>)]) -> Made {
    let mut svg = String::new();
    {
        let seconds = lines.first().map_or(0, |line| line.2.len());
        let most = lines.iter().flat_map(|line| &line.2).copied().fold(1.0, f64::max) * 1.05;
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .caption(title, ("sans-serif", 16))
            .margin(8)
            .x_label_area_size(28)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..(seconds.max(1) as f64), 0.0..most)?;
        chart.configure_mesh().x_desc("s").y_desc(unit).light_line_style(TRANSPARENT).draw()?;
        for (name, colour, values) in lines {
            let points = values.iter().enumerate().map(|(at, value)| (at as f64, *value));
            let colour = *colour;
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
                .label(*name)
                .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], colour));
        }
        chart.configure_series_labels().background_style(WHITE.mix(0.8)).draw()?;
        root.present()?;
    }
    Ok(svg)
}

fn of(course: &[Second], value: impl Fn(&Second) -> f64) -> Vec<f64> {
    course.iter().map(value).collect()
}

/// The page.
///
/// # Errors
/// A drawing that cannot be made.
pub fn page(report: &Report) -> Made {
    let course = &report.course;
    let cycles =
        drawing("cycles a second", "1/s", &[("cycles", BLUE, of(course, |s| s.cycles as f64))])?;
    let lines = [("p50", GREEN, of(course, |s| s.p50_ms)), ("p99", RED, of(course, |s| s.p99_ms))];
    let times = drawing("a cycle, from when it should have begun", "ms", &lines)?;
    let mut rows = String::new();
    for (name, c) in &report.calls {
        writeln!(
            rows,
            "<tr><th>{name}</th><td>{}</td><td>{:.1}</td><td>{:.1}</td><td>{:.1}</td><td>{:.1}</td></tr>",
            c.n, c.p50_ms, c.p99_ms, c.p999_ms, c.max_ms
        )?;
    }
    let mut facts = format!(
        "{} interviewers, {:.0} s: {:.1} cycles/s; {} pulls found nothing; {} dials; {} outcomes unknown; \
         counted by the server {}: {}",
        report.interviewers,
        report.seconds,
        report.cycles_per_s,
        report.empty,
        report.dials,
        report.unknown,
        report.counted,
        if report.sound { "as its clients were told" } else { "NOT what its clients were told" },
    );
    if let Some(server) = report.server {
        write!(facts, "; server {:.2} cores, {:.0} MiB", server.cores, server.rss_mib)?;
    }
    for (name, n) in report.errors.iter().chain(&report.interviews) {
        write!(facts, "; {name} {n}")?;
    }
    Ok(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>canvass drill</title>\
         <style>body{{font:15px sans-serif;max-width:940px;margin:2em auto}}\
         td{{text-align:right;padding:0 1em}}th{{text-align:left}}</style>\
         <h1>canvass drill: {}</h1><p>{facts}.</p>\
         <table><tr><th>call</th><th>n</th><th>p50 ms</th><th>p99 ms</th><th>p99.9 ms</th>\
         <th>max ms</th></tr>\n{rows}</table>{cycles}{times}</html>\n",
        report.survey
    ))
}
