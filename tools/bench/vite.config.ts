import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

const TRACE = fileURLToPath(new URL('src/page/trace/trace-worker.ts', import.meta.url));

/** Puts the tracer before the client's worker, so that the product need not know of it. */
const tracedWorker: Plugin = {
  name: 'traced-worker',
  transform: (code, id) =>
    id.endsWith('/pglite-client/src/worker.ts') ? `import ${JSON.stringify(TRACE)};\n${code}` : null,
};

/** The page in which figures of the browser are measured, built as an app of ours is built; in mode `trace` with a tracer in its worker. */
export default defineConfig(({ mode }) => ({
  root: 'src/page',
  base: '/',
  resolve: {
    conditions: ['@millrace/source', ...defaultClientConditions],
    alias: [{ find: /^typeorm$/, replacement: 'typeorm/typeorm-model-shim.js' }],
  },
  optimizeDeps: { exclude: ['@electric-sql/pglite'] },
  worker: { format: 'es', plugins: () => (mode === 'trace' ? [tracedWorker] : []) },
  build: { emptyOutDir: true, target: 'es2022' },
}));
