/**
 * MDN's own program as a process: a line of JSON in, `{ httpsPort, httpPort, path }`, one out, what
 * each of its ten tests says and the score. `mdn-observatory.mjs FOLDER`, where its packages are.
 */
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const source = `${pathToFileURL(process.argv[2]).href}/node_modules/@mdn/mdn-http-observatory/src`
const { retrieve } = await import(`${source}/retriever/retriever.js`)
const { ALL_TESTS } = await import(`${source}/constants.js`)
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await import(`${source}/grader/charts.js`)
const { getGradeForScore, getScoreModifier } = await import(`${source}/grader/grader.js`)

/** As its `scan` does, which forgets the ports it was given. */
async function scan({ httpsPort, httpPort, path }) {
  const seen = await retrieve('localhost', { httpsPort, httpPort, path })
  const results = ALL_TESTS.map((test) => test(seen).result)
  const modifiers = results.map((result) => getScoreModifier(result))
  const uncurved = modifiers.reduce((sum, each) => sum + Math.min(each, 0), 100)
  const curved = modifiers.reduce((sum, each) => sum + each, 100)
  const score = uncurved >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? curved : uncurved
  return { results, ...getGradeForScore(score) }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await scan(JSON.parse(line)).catch((error) => ({ error: error.message }))
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
