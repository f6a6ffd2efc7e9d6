/**
 * Reads the file in which Amazon's tools keep their keys. Pure.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Using shared config and credentials files".
 *
 * @module
 */
import type { S3Credentials } from './signature.ts'

/** @returns Undefined when the profile is not there, or lacks one of the two keys. */
export function readProfile(text: string, profile: string): S3Credentials | undefined {
  const values = new Map<string, string>()
  let inside = false
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]/.exec(line)
    if (header) inside = header[1] === profile
    const pair = /^\s*(\w+)\s*=\s*(\S+)\s*$/.exec(line)
    if (inside && pair) values.set(pair[1] ?? '', pair[2] ?? '')
  }
  const accessKey = values.get('aws_access_key_id')
  const secretKey = values.get('aws_secret_access_key')
  if (accessKey === undefined || secretKey === undefined) return undefined
  return { accessKey, secretKey, sessionToken: values.get('aws_session_token') }
}
