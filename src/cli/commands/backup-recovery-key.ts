/**
 * `veilig backup recovery-key`: the key that opens every backup, to be written down on paper.
 *
 * It takes two persons. Who may read the files of this machine as its administrator could read it
 * without being asked; this is for everybody else, and it is recorded.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'
import { secretIn } from '#system/secret-file.ts'
import type { Command } from '../command.ts'
import { keyFiles } from '../repository.ts'
import { useApproval } from './approval.ts'

/** What the approval is for: there is one such key. */
export const RECOVERY_KEY_SUBJECT = 'recovery.key'

export const backupRecoveryKeyCommand: Command = {
  name: 'backup recovery-key',
  summary: 'show the key that opens every backup, for paper; two persons must agree',
  usage: '[--json]',
  options: {},
  run: async (context, { values }) => {
    const { recovery } = keyFiles(context.paths)
    if ((await systemDisk.size(recovery)) === undefined) {
      const message = 'the recovery key is not on this machine: it was taken away, as it should be'
      throw new FaultError('KEY_NOT_HERE', message)
    }
    const { askedBy, approvedBy } = await useApproval(
      context,
      'read-recovery-key',
      RECOVERY_KEY_SUBJECT,
    )
    const key = await secretIn(recovery)
    const agreed = `Asked for by ${askedBy}, approved by ${approvedBy ?? ''}. Keep it elsewhere.`
    process.stdout.write(
      values['json'] === true ? `${JSON.stringify({ key })}\n` : `${key}\n${agreed}\n`,
    )
    return 0
  },
}
