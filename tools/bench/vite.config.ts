import { defaultClientConditions, defineConfig } from 'vite';

/** The page in which figures of the browser are measured, built as an app of ours is built. */
export default defineConfig({
  root: 'src/page',
  base: '/',
  resolve: {
    conditions: ['@millrace/source', ...defaultClientConditions],
    alias: [{ find: /^typeorm$/, replacement: 'typeorm/typeorm-model-shim.js' }],
  },
  optimizeDeps: { exclude: ['@electric-sql/pglite'] },
  worker: { format: 'es' },
  build: { emptyOutDir: true, target: 'es2022' },
});
