import type { BundleModule } from './bundle-modules.js';
import type { WorkerConfig } from './worker-config.js';

export interface CapnpConfigOptions extends WorkerConfig {
  /** The entry module first: workerd starts at the first one. */
  readonly modules: readonly BundleModule[];
  /** Environment variables of the process that the Worker sees as bindings. Their values never reach the file. */
  readonly variables: readonly string[];
  /** Where Durable Objects keep their SQLite files. */
  readonly objectsDir: string;
  /** Where snapshots are kept, reached by the binding SNAPSHOTS: the R2 bucket of a deployed Worker. */
  readonly snapshotsDir: string;
  /** Built sites, reached by the binding ASSETS. */
  readonly siteDir: string;
}

/** The name of the HTTP socket, as `--socket-addr` and the control messages call it. */
export const HTTP_SOCKET = 'http';

/**
 * The configuration of one standalone workerd. Outgoing traffic may go to loopback and private addresses, because
 * that is where Postgres is; the Worker itself must refuse to fetch an address that a user gives.
 */
export function capnpConfig(options: CapnpConfigOptions): string {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .mainWorker),
    (name = "net", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
    (name = "objects", disk = (path = ${quote(options.objectsDir)}, writable = true)),
    (name = "snapshots", disk = (path = ${quote(options.snapshotsDir)}, writable = true)),
    (name = "site", disk = (path = ${quote(options.siteDir)})),
  ],
  sockets = [(name = ${quote(HTTP_SOCKET)}, address = "127.0.0.1:0", http = (), service = "main")],
);

const mainWorker :Workerd.Worker = (
  modules = [${list(options.modules.map(moduleEntry))}],
  compatibilityDate = ${quote(options.compatibilityDate)},
  compatibilityFlags = [${options.compatibilityFlags.map(quote).join(', ')}],
  durableObjectNamespaces = [${list(options.namespaces.map(namespaceEntry))}],
  durableObjectStorage = (localDisk = "objects"),
  globalOutbound = "net",
  bindings = [${list(bindings(options))}],
);
`;
}

function moduleEntry({ name, kind, path }: BundleModule): string {
  return `(name = ${quote(name)}, ${kind} = embed ${quote(path)})`;
}

/** The unique key names the folder of a class's objects: changing it would orphan their data. */
function namespaceEntry({ className }: { className: string }): string {
  return `(className = ${quote(className)}, uniqueKey = ${quote(`millrace-${className}`)}, enableSql = true)`;
}

function bindings({ namespaces, variables }: CapnpConfigOptions): string[] {
  return [
    ...namespaces.map(
      ({ binding, className }) => `(name = ${quote(binding)}, durableObjectNamespace = ${quote(className)})`,
    ),
    `(name = "ASSETS", service = "site")`,
    `(name = "SNAPSHOTS", service = "snapshots")`,
    ...variables.map((name) => `(name = ${quote(name)}, fromEnvironment = ${quote(name)})`),
  ];
}

function list(entries: readonly string[]): string {
  return entries.map((entry) => `\n    ${entry},`).join('');
}

/** Cap'n Proto's text literals escape as JSON's do. */
function quote(text: string): string {
  return JSON.stringify(text);
}
