/**
 * One question to another process of ours, over its Unix socket: JSON there and back, bounded in
 * time and size.
 *
 * @module
 */
import { request } from 'node:http'

export type SocketAnswer = { readonly status: number; readonly text: string }

/**
 * @param answerMax Bytes.
 * @throws {Error} Nobody answers, or not in time, or too much; the caller knows whom to name.
 */
export function askSocket(
  socketPath: string,
  question: object,
  signal: AbortSignal,
  answerMax: number,
): Promise<SocketAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const call = request({ socketPath, path: '/', method: 'POST', headers, signal }, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size > answerMax) call.destroy(new Error('the answer is too long'))
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
      })
    })
    call.on('error', reject).end(JSON.stringify(question))
  })
}
