import { LogOut } from 'lucide-react';
import { Charts } from './charts/charts.js';
import { useStatusFeed, type LiveStatus } from './feed/use-status-feed.js';
import { Figures } from './figures/figures.js';
import { InstancesPanel } from './instances/instances-panel.js';
import { CapturePanel } from './panels/capture-panel.js';
import { CountersPanel } from './panels/counters-panel.js';
import { EpochsPanel } from './panels/epochs-panel.js';
import { Freshness } from './panels/freshness.js';
import { IncidentsPanel } from './panels/incidents-panel.js';
import { PositionPanel } from './panels/position-panel.js';
import { SchemaPanel } from './panels/schema-panel.js';
import { SleepNotice } from './panels/sleep-notice.js';
import { SlotPanel } from './panels/slot-panel.js';
import type { AdminToken } from './session/use-admin-token.js';
import { TokenForm } from './session/token-form.js';
import { Notice } from './ui/notice.js';
import { StatePill } from './ui/state-pill.js';
import { captureTone } from './ui/tone.js';

export interface DashboardProps {
  readonly token: string;
  readonly enter: AdminToken['enter'];
  readonly forget: AdminToken['forget'];
}

export function Dashboard({ token, enter, forget }: DashboardProps) {
  const feed = useStatusFeed(token);
  const { failure, status, refresh } = feed;
  if (failure?.code === 'unauthenticated' || failure?.code === 'forbidden') {
    const again = (next: string) => (next === token ? refresh() : enter(next));
    return <TokenForm problem="The server does not take this token." onEnter={again} />;
  }
  if (failure?.code === 'not-found') return <NoDashboard feed={feed} forget={forget} />;
  if (status) return <Page feed={feed} status={status} token={token} onForget={forget} />;
  if (!failure) return <Notice title="Asking the server …" busy />;
  return (
    <Notice
      title="The server does not answer"
      detail={`${failure.message}. It is asked again each second.`}
      busy
      actions={[{ label: 'Use another token', run: forget }]}
    />
  );
}

function NoDashboard({ feed, forget }: { readonly feed: LiveStatus; readonly forget: () => void }) {
  return (
    <Notice
      title="This server has no dashboard"
      detail="It was started without an admin token: set MILLRACE_ADMIN_TOKEN and start it again."
      actions={[
        { label: 'Try again', run: feed.refresh },
        { label: 'Use another token', run: forget },
      ]}
    />
  );
}

interface PageProps {
  readonly feed: LiveStatus;
  readonly status: NonNullable<LiveStatus['status']>;
  readonly token: string;
  readonly onForget: () => void;
}

function Page({ feed, status, token, onForget }: PageProps) {
  const { samples, failure } = feed;
  return (
    <div className={failure ? 'page stale' : 'page'}>
      <header className="bar">
        <h1>Millrace</h1>
        <StatePill tone={captureTone(status.capture.state)} text={status.capture.state} />
        <div className="bar-end">
          <Freshness feed={feed} />
          <button
            type="button"
            className="quiet"
            onClick={onForget}
            aria-label="Forget the token"
            title="Forget the token"
          >
            <LogOut size={18} />
          </button>
        </div>
      </header>
      <main>
        {status.sleep && <SleepNotice sleep={status.sleep} now={status.time} token={token} onWoken={feed.refresh} />}
        <Figures status={status} samples={samples} />
        <Charts samples={samples} now={Date.parse(status.time)} />
        <div className="columns">
          <CapturePanel status={status} />
          <SlotPanel slot={status.slot} />
          <PositionPanel position={status.position} />
        </div>
        <InstancesPanel instances={status.instances} head={status.position?.seq ?? null} now={status.time} />
        <div className="columns two">
          <CountersPanel counters={status.counters} samples={samples} />
          <IncidentsPanel incidents={status.incidents} />
          <EpochsPanel epochs={status.epochs} now={status.time} />
          <SchemaPanel schema={status.schema} now={status.time} />
        </div>
      </main>
    </div>
  );
}
