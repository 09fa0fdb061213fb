import { createProjectGraphAsync } from '@nx/devkit';

/** Run as a process of its own: Nx loads its plugins by `import()`, which Jest's VM does not have. */
const graph = await createProjectGraphAsync({ exitOnError: true });
const projects = Object.values(graph.nodes).map(({ name, data }) => ({
  name,
  root: data.root,
  tags: data.tags ?? [],
  dependencies: (graph.dependencies[name] ?? []).map(({ target }) => target).filter((target) => target in graph.nodes),
}));
process.stdout.write(JSON.stringify(projects));
