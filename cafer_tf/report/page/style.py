"""The look of the page: dark on light, one column that fits a telephone and a sheet of paper."""

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 74rem; padding: 1.5rem 1rem 4rem; background: #fff; color: #1a1a1a;
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid #bbb; padding-bottom: .2rem; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .4rem; }
p, ul, dl { max-width: 46rem; }
p, ul { margin: .5rem 0; }
a { color: #00508a; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid #0072b2; outline-offset: 2px; }
.quiet { color: #555; font-size: .875rem; }
.contents { border: 1px solid #ccc; border-radius: .4rem; padding: .6rem 1rem; margin: 1.2rem 0; }
.contents ol { margin: 0; padding-left: 1.5rem; columns: 15rem auto; }
.contents li { padding: .15rem 0; }
.headline { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); gap: .8rem;
  margin: 1.2rem 0; }
.headline div { border: 1px solid #ccc; border-radius: .4rem; padding: .6rem .9rem; }
.headline dt { font-size: .875rem; color: #444; }
.headline dd { margin: 0; }
.headline dd.value { font-size: 1.6rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.headline dd.remark { font-size: .8rem; color: #555; }
.headline { max-width: none; }
.note { border-left: 4px solid #b26a00; background: #fff7e6; padding: .5rem .9rem; margin: .8rem 0; max-width: 46rem; }
.scroll { overflow-x: auto; margin: .8rem 0 1.2rem; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .2rem 0 .4rem; caption-side: top; }
caption small { display: block; font-weight: 400; color: #555; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #ddd; vertical-align: top; }
td { white-space: nowrap; }
thead th { vertical-align: bottom; white-space: nowrap; overflow-wrap: normal; border-bottom: 2px solid #777; }
thead th.span { text-align: center; border-bottom: 1px solid #aaa; }
th.row, th.text, td.text { text-align: left; }
.many td, .many thead th { white-space: normal; overflow-wrap: normal; }
.many th, .many td { padding: .25rem .4rem; }
td.text { white-space: normal; min-width: 10rem; }
th.row { font-weight: 600; min-width: 9rem; overflow-wrap: normal; position: sticky; left: 0; background: #fff; }
/* What reaches over the whole table stays in sight while the table scrolls. */
caption span, th.group span { position: sticky; left: 0; display: inline-block; max-width: calc(100vw - 3rem); }
th.group { text-align: left; background: #f3f3f3; font-weight: 600; }
th small, td small { display: block; font-weight: 400; color: #555; font-size: .75rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 1.2rem;
  align-items: start; margin: .8rem 0; }
figure { margin: .8rem 0; break-inside: avoid; }
.figures figure { margin: 0; }
figure img { max-width: 100%; height: auto; display: block; }
@media (max-width: 44rem) {
  .wide { overflow-x: auto; }
  .wide img { max-width: none; min-width: 42rem; }
}
figcaption { font-size: .875rem; color: #333; max-width: 46rem; }
.faces { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .8rem; padding: 0;
  list-style: none; max-width: none; }
.faces li { font-size: .75rem; break-inside: avoid; font-variant-numeric: tabular-nums; }
.faces img { width: 8rem; height: 8rem; object-fit: contain; background: #eee; display: block; }
.faces b { display: block; }
details { margin: .8rem 0; }
summary { cursor: pointer; font-weight: 600; padding: .3rem 0; }
@page { margin: 15mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  p, ul, dl, .note { max-width: none; }
  h2, h3, caption, summary { break-after: avoid; }
  table small { font-size: 7pt; }
  h2 + p, h3 + p { break-after: avoid; }
  .scroll, tr, figure, .headline div, .note { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; }
  details .scroll { break-inside: auto; }
  table { font-size: 8pt; }
  /* A table wider than the paper would have every page shrunk: cells break at spaces, and never within a number. */
  th, td { padding: .15rem .2rem; }
  td, thead th { white-space: normal; overflow-wrap: normal; }
  td.text { min-width: 0; }
  th.row { position: static; min-width: 0; }
  table.many { font-size: 6.5pt; }
  .many small { font-size: 6pt; }
  .many th, .many td { padding: .15rem .1rem; }
  .figures { grid-template-columns: repeat(2, 1fr); }
  .figures.three { grid-template-columns: repeat(3, 1fr); }
  .faces { grid-template-columns: repeat(4, 1fr); }
  .faces img { width: 6rem; height: 6rem; }
  /* What is folded away on the screen is part of the paper. */
  details::details-content { content-visibility: visible; block-size: auto; display: block; }
  a { color: inherit; text-decoration: none; }
}
"""
