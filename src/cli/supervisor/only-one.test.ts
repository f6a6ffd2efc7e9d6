/** A second start on the same data, and a port that is taken, are each one clear sentence. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import { checkPorts, holdDataFolder } from './only-one.ts'

test('only one: the second holder is refused until the first lets go', async () => {
  const folder = await temporaryFolder('hold')
  const socket = join(folder, 'run', 'supervisor.sock')
  {
    await using _held = await holdDataFolder(socket)
    await assert.rejects(holdDataFolder(socket), { code: 'ALREADY_RUNNING' })
  }
  await using _again = await holdDataFolder(socket)
  await rm(folder, { recursive: true })
})

test('only one: a socket left by a killed holder is taken over', async () => {
  const folder = await temporaryFolder('hold')
  const socket = join(folder, 'supervisor.sock')
  const listen = `require('net').createServer().listen(${JSON.stringify(socket)}`
  const program = `${listen}, () => console.log('up'))`
  const child = spawn(process.execPath, ['-e', program])
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  await using _held = await holdDataFolder(socket)
  await rm(folder, { recursive: true })
})

test('only one: a taken port is named, with what to do', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const taken = (server.address() as AddressInfo).port
  const ports = { https: taken, redirect: 0, sql: 0, mail: 0, application: 0, payments: 0 }
  await assert.rejects(checkPorts(ports), {
    code: 'PORT_IN_USE',
    message: new RegExp(`port ${taken} \\(https\\) is in use.*--port-base`),
  })
  server.close()
})
