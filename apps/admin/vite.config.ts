import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  base: '/admin/',
  plugins: [react()],
  // Workspace libraries are bundled from their sources, so that no build has to come first.
  resolve: { conditions: ['@millrace/source', ...defaultClientConditions] },
  worker: { format: 'es' },
  // `npm start` beside it answers what is not a page.
  server: { proxy: { '/api': { target: 'http://localhost:8787', ws: true } } },
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022' },
});
