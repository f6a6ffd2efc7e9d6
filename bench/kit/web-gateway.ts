/**
 * One process of the web-gateway with every protection on, as the benchmark starts it:
 * `web-gateway.ts FOLDER PORT`. Certificate, ticket keys and log lie in FOLDER.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { openAccessLog } from '../../src/cli/access-log.ts'
import { systemClock } from '../../src/system/clock.ts'
import { webGatewayConfig } from '../../src/services/web-gateway/config.ts'
import { serve } from '../../src/services/web-gateway/serve.ts'

const [folder = '', port = ''] = process.argv.slice(2)

/** Each process of the benchmark is a first one; what they share is the port. */
const config = webGatewayConfig.parse({ listen: ['127.0.0.1'], redirect: false, workers: 2 })
const gateway = await serve(config, {
  clock: systemClock,
  log: pino(pino.destination(join(folder, `gateway-${process.pid}.log`))),
  accessLog: openAccessLog({}, join(folder, `access-${process.pid}.log`)),
  trail: { append: () => undefined },
  certificate: {
    certificatePem: readFileSync(join(folder, 'ec-full.pem'), 'utf8'),
    keyPem: readFileSync(join(folder, 'ec.key'), 'utf8'),
  },
  httpsPort: Number(port),
  redirectPort: 0,
  upstreams: new Map([['localhost', { host: '127.0.0.1', port: 9000 }]]),
  ticketKeys: { current: readFileSync(join(folder, 'ticket.keys')) },
  // As in the ring: pages of an application without a policy are read while they pass.
  csp: {
    sites: new Map([['localhost', 'application']]),
    files: {
      knowledge: join(folder, `seen-${process.pid}.json`),
      decisions: join(folder, 'decisions.json'),
    },
  },
})
process.once('SIGTERM', () => void gateway[Symbol.asyncDispose]().then(() => process.exit()))
