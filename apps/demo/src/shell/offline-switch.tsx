import { useClient, useStatus } from '@millrace/pglite-client/react';
import * as Switch from '@radix-ui/react-switch';

/** Cuts this page off from the server. Reading and writing go on. */
export function OfflineSwitch() {
  const client = useClient();
  const offline = useStatus().phase === 'offline';
  return (
    <label className="switch">
      <Switch.Root
        checked={offline}
        onCheckedChange={(off) => void (off ? client.disconnect() : client.connect())}
        aria-label="Work offline"
      >
        <Switch.Thumb />
      </Switch.Root>
      Offline
    </label>
  );
}
