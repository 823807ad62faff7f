import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

// `npm run dev` serves the page alone and hands everything else to a Lexatlas service on this address.
const service = 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: '../app/api/page',
    emptyOutDir: true,
    target: 'es2022',
    // The service sends `default-src 'self'` without `data:` for fonts or scripts: nothing may be inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: { '/v1': service, '/healthz': service, '/readyz': service, '/docs': service, '/openapi.json': service },
  },
})
