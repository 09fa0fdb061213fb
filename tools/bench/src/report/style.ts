/** Of the report. */
export const STYLE = /* css */ `
:root { color-scheme: light; font: 15px/1.5 system-ui, sans-serif; color: #1e293b; background: #f8fafc; }
main { max-width: 64rem; margin: 0 auto; padding: 2rem 1rem 6rem; }
h1 { margin: 0; }
h2 { font-size: 1.1rem; margin: 0; }
small { font-weight: normal; color: #64748b; }
table { border-collapse: collapse; width: 100%; background: #fff; margin: 1.5rem 0; }
th, td { text-align: left; padding: 0.35rem 0.6rem; border-bottom: 1px solid #e2e8f0; vertical-align: top; }
td:nth-child(3), td:nth-child(4), td:nth-child(5) { white-space: nowrap; font-variant-numeric: tabular-nums; }
section { background: #fff; border: 1px solid #e2e8f0; border-radius: 0.5rem; padding: 1rem 1.25rem; margin: 1rem 0; }
.value { font-size: 1.6rem; margin: 0.25rem 0 0.75rem; font-variant-numeric: tabular-nums; }
.kept, .missed { font-size: 0.85rem; padding: 0.1rem 0.45rem; border-radius: 0.4rem; white-space: nowrap; vertical-align: middle; }
.kept { background: #dcfce7; color: #166534; }
.missed { background: #fee2e2; color: #991b1b; }
.bar { display: flex; flex-direction: column; margin: 0.3rem 0; }
.bar span { display: block; height: 0.7rem; min-width: 2px; border-radius: 0.2rem; }
.bar label { font-size: 0.85rem; color: #475569; white-space: pre-wrap; }
.ours { background: #2563eb; } .over { background: #dc2626; } .limit { background: #94a3b8; }
.chart { margin: 1rem 0; }
details { margin-top: 0.75rem; } summary { cursor: pointer; color: #475569; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; margin: 0.5rem 0 0; font-size: 0.9rem; }
dt { color: #64748b; } dd { margin: 0; }
`;
