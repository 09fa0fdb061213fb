import { ShieldCheck } from 'lucide-react';
import { describeReport, describeTable } from './describe-report.js';
import { useVerify, type Verification } from './use-verify.js';

/** Proves that this page holds what the server holds, or makes it so. */
export function VerifyButton() {
  const [verification, verify] = useVerify();
  return (
    <>
      <button type="button" className="quiet" popoverTarget="verification" title="Compare all rows with the server's">
        <ShieldCheck size={16} aria-hidden="true" /> Verify
      </button>
      <div
        id="verification"
        popover="auto"
        className="popover"
        role="dialog"
        aria-label="Comparison with the server"
        data-verification={verification.state}
        onToggle={({ newState }) => newState === 'open' && verification.state !== 'running' && verify()}
      >
        <h2>Comparison with the server</h2>
        <Outcome verification={verification} />
      </div>
    </>
  );
}

function Outcome({ verification }: { readonly verification: Verification }) {
  switch (verification.state) {
    case 'idle':
      return null;
    case 'running':
      return <p className="muted">Comparing …</p>;
    case 'failed':
      return <p className="error">{verification.message}</p>;
    case 'done':
      return (
        <>
          <p>{describeReport(verification.report)}</p>
          <ol>
            {verification.report.tables.map((table) => (
              <li key={table.name} data-table={table.name} data-outcome={table.outcome}>
                <strong>{table.name}</strong> <span className="muted">{describeTable(table)}</span>
              </li>
            ))}
          </ol>
        </>
      );
  }
}
