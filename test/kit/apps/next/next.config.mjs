/** Next.js as it comes, but for the place of its packages: one folder above. */
import { fileURLToPath } from 'node:url'

const config = { turbopack: { root: fileURLToPath(new URL('..', import.meta.url)) } }
export default config
