import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  base: '/',
  plugins: [react()],
  resolve: {
    // Workspace libraries are bundled from their sources, so that no build has to come first.
    conditions: ['@millrace/source', ...defaultClientConditions],
    // The entity classes carry TypeORM's decorators; a browser needs the rules of class-validator alone.
    alias: [{ find: /^typeorm$/, replacement: 'typeorm/typeorm-model-shim.js' }],
  },
  // PGlite finds its WebAssembly and data beside its own module: pre-bundled, it would look in the wrong place.
  optimizeDeps: { exclude: ['@electric-sql/pglite'] },
  worker: { format: 'es' },
  // `npm start` beside it answers what is not a page.
  server: { proxy: { '/api': { target: 'http://localhost:8787', ws: true } } },
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022' },
});
