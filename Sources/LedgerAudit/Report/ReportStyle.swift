// SPDX-License-Identifier: Apache-2.0

/// The page's style: light and dark, narrow and wide, screen and paper; no font or image from elsewhere.
enum ReportStyle {
  static let sheet: StaticString = """
    :root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--paper:#fff;--line:#d0d7de;--tint:#f6f8fa;
    --link:#0550ae;--bad:#a40e26;--badtint:#ffebe9;--good:#116329;
    --building:#8c959f;--built:#6e7781;--evaluated:#0969da;--approved:#1a7f37;--rejected:#bc4c00;
    --deployed:#8250df;--retired:#57606a;--failed:#cf222e}
    @media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b3;--paper:#0d1117;--line:#3d444d;
    --tint:#161b22;--link:#79b8ff;--bad:#ffa198;--badtint:#3a1418;--good:#7ee787;
    --building:#484f58;--built:#57606a;--evaluated:#1f6feb;--approved:#238636;--rejected:#bd561d;
    --deployed:#8957e5;--retired:#57606a;--failed:#da3633}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:72rem;padding:1.5rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);
    background:var(--paper);overflow-wrap:break-word}
    h1{font-size:1.9rem;line-height:1.2;margin:.5rem 0}h2{font-size:1.3rem;margin:2.5rem 0 .5rem;
    border-bottom:1px solid var(--line);padding-bottom:.3rem}h3{font-size:1.05rem;margin:1.5rem 0 .5rem}
    a{color:var(--link)}p,ul,ol{margin:.5rem 0}
    .skip{position:absolute;left:-99rem}.skip:focus{left:1rem;background:var(--paper);padding:.5rem}
    .soft{color:var(--soft)}.number{color:var(--soft);font-weight:400;margin-right:.4em}
    nav ol{columns:2;column-gap:2rem;padding-left:2.2rem}nav li{break-inside:avoid}
    .flag{color:var(--bad);font-weight:600}.clear{color:var(--good)}
    .exceptions{border-left:.3rem solid var(--bad);background:var(--badtint);padding:.5rem 1rem;margin:.8rem 0}
    .wide{overflow-x:auto;margin:.8rem 0}.wide:focus{outline:2px solid var(--link)}
    table{border-collapse:collapse;font-size:.875rem;min-width:100%}
    caption{text-align:left;color:var(--soft);padding:.2rem 0}
    th,td{border-bottom:1px solid var(--line);padding:.35rem .7rem .35rem 0;text-align:left;
    vertical-align:top}th{font-weight:600;white-space:nowrap}tbody th{font-weight:400;color:var(--soft)}
    td{min-width:4rem;max-width:28rem}.n{text-align:right}td.n{font-variant-numeric:tabular-nums}
    td.k{white-space:nowrap}td.long{min-width:12.5rem;overflow-wrap:anywhere}.facts td{overflow-wrap:anywhere;min-width:0}
    td.code,code,pre{font-family:ui-monospace,monospace;font-size:.8125rem}td.code{overflow-wrap:anywhere}
    td.erased{color:var(--soft);font-style:italic}
    pre{background:var(--tint);border:1px solid var(--line);padding:.7rem;overflow-x:auto}
    svg{display:block;width:100%;height:auto;font:11px system-ui,sans-serif;margin:.8rem 0}
    svg text{fill:var(--ink)}svg .tick,svg .count{fill:var(--soft)}svg .grid{stroke:var(--line)}
    svg .span text{fill:#fff}svg .retired.span rect,svg .rejected.span rect,svg .failed.span rect{opacity:.4}
    svg .retired.span text,svg .rejected.span text,svg .failed.span text{fill:var(--ink)}h2+p{break-after:avoid}
    svg .arrow{stroke:var(--soft);fill:none}svg .tip{fill:var(--soft)}
    svg .box rect{fill:var(--tint);stroke-width:1.5}svg .box text,svg .count{text-anchor:middle}
    svg .now{font-weight:700}
    .building rect{fill:var(--building);stroke:var(--building)}.built rect{fill:var(--built);stroke:var(--built)}
    .evaluated rect{fill:var(--evaluated);stroke:var(--evaluated)}
    .approved rect,.point.approved path{fill:var(--approved);stroke:var(--approved)}
    .rejected rect,.point.rejected path{fill:var(--rejected);stroke:var(--rejected)}
    .deployed rect{fill:var(--deployed);stroke:var(--deployed)}.retired rect{fill:var(--retired);stroke:var(--retired)}
    .failed rect{fill:var(--failed);stroke:var(--failed)}svg .point path{stroke:var(--paper);stroke-width:1}
    footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.5rem}
    @media (max-width:40rem){body{padding:1rem}nav ol{columns:1}.timeline,.lifecycle{min-width:44rem}}
    @media print{:root{color-scheme:light;--ink:#000;--soft:#444;--paper:#fff;--line:#bbb;--tint:#f4f4f4;
    --link:#000;--bad:#8a0f1e;--badtint:#fff;--good:#0b4a1e}body{max-width:none;padding:0;font-size:10pt}
    .skip{display:none}.wide{overflow:visible}table{font-size:8pt}td{max-width:none;min-width:0}td.k{white-space:normal}td.long{min-width:0}
    tr,svg,.exceptions{break-inside:avoid}h2,h3{break-after:avoid}thead{display:table-header-group}
    *{print-color-adjust:exact}}
    @page{margin:18mm 15mm}
    """
}
