/**
 * Every service by name. Each is loaded only by the process that runs it.
 *
 * @module
 */
import type { RunService } from '../context.ts'

export const services: ReadonlyMap<string, RunService> = new Map<string, RunService>([
  ['access', async (context) => (await import('./access.ts')).runAccess(context)],
  ['backup', async (context) => (await import('./backup.ts')).runBackup(context)],
  ['application', async (context) => (await import('./application.ts')).runApplication(context)],
  ['console', async (context) => (await import('./console.ts')).runConsole(context)],
  ['sql-gateway', async (context) => (await import('./sql-gateway.ts')).runSqlGateway(context)],
  ['web-gateway', async (context) => (await import('./web-gateway.ts')).runWebGateway(context)],
  ['mail-gateway', async (context) => (await import('./mail-gateway.ts')).runMailGateway(context)],
  ['mailbox', async (context) => (await import('./mailbox.ts')).runMailbox(context)],
  ['detection', async (context) => (await import('./detection.ts')).runDetection(context)],
  ['payments', async (context) => (await import('./payments.ts')).runPayments(context)],
  [
    'payment-twins',
    async (context) => (await import('./payment-twins.ts')).runPaymentTwins(context),
  ],
  ['notary', async (context) => (await import('./notary.ts')).runNotary(context)],
  ['seal', async (context) => (await import('./seal.ts')).runSeal(context)],
  ['witness', async (context) => (await import('./witness.ts')).runWitness(context)],
  ['trust', async (context) => (await import('./trust.ts')).runTrust(context)],
  ['drill', async (context) => (await import('./drill.ts')).runDrillService(context)],
  ['status', async (context) => (await import('./status.ts')).runStatus(context)],
  ['prober', async (context) => (await import('./prober.ts')).runProber(context)],
  ['vantage', async (context) => (await import('./vantage.ts')).runVantage(context)],
])
