/** The lint against a real server made weak in every way, and mended by its own advice. */
import { lintSuite } from '#kit/lint.ts'

await lintSuite(undefined)
