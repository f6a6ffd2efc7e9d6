/**
 * Servers to stand behind a gateway: nginx, Apache (Debian's packages) and Node.js. Each says what
 * path it acts on.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, listening } from './ports.ts'

/**
 * A server that names the target it saw in `x-uri`, the path it acts on in `x-path`, and lists all
 * it saw.
 */
export type Behind = AsyncDisposable & { readonly port: number; seen(): Promise<string> }

export async function startNode(): Promise<Behind> {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(request.url ?? '')
    request.resume()
    request.on('end', () => {
      const url = request.url ?? ''
      response.setHeader('x-uri', url).setHeader('x-path', url.split('?', 1)).end('ok')
    })
    request.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    seen: () => Promise.resolve(seen.join('\n')),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

export function startNginx(): Promise<Behind> {
  return startProgram('/usr/sbin/nginx', (folder, port) => ({
    args: ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'conf')],
    configuration: `
      daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
      events { worker_connections 256; }
      http {
        log_format seen '$request_method $request_uri'; access_log ${folder}/seen.log seen;
        client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b;
        fastcgi_temp_path ${folder}/c; uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
        server {
          listen 127.0.0.1:${port};
          location / {
            add_header x-uri $request_uri always;
            add_header x-path $uri always;
            return 200 ok;
          }
        }
      }`,
  }))
}

export function startApache(): Promise<Behind> {
  const modules = '/usr/lib/apache2/modules'
  return startProgram('/usr/sbin/apache2', (folder, port) => ({
    args: ['-D', 'FOREGROUND', '-f', join(folder, 'conf')],
    configuration: `
      ServerRoot ${folder}
      PidFile ${folder}/pid
      ErrorLog ${folder}/error.log
      DefaultRuntimeDir ${folder}
      LoadModule mpm_event_module ${modules}/mod_mpm_event.so
      LoadModule authz_core_module ${modules}/mod_authz_core.so
      LoadModule headers_module ${modules}/mod_headers.so
      Listen 127.0.0.1:${port}
      ServerName localhost
      DocumentRoot ${folder}
      User www-data
      Group www-data
      LogFormat "%m %U" seen
      CustomLog ${folder}/seen.log seen
      AllowEncodedSlashes NoDecode
      Header always set x-uri "expr=%{REQUEST_URI}"
      Header always set x-path "expr=%{REQUEST_URI}"
    `,
  }))
}

async function startProgram(
  program: string,
  plan: (
    folder: string,
    port: number,
  ) => { readonly args: string[]; readonly configuration: string },
): Promise<Behind> {
  assert(existsSync(program), `${program} is not installed`)
  const folder = await mkdtemp(join(tmpdir(), 'veilig-behind-'))
  await chmod(folder, 0o755)
  const port = await freePort()
  const { args, configuration } = plan(folder, port)
  await writeFile(join(folder, 'conf'), configuration)
  const child = spawn(program, args, { stdio: 'ignore' })
  await listening(port)
  return {
    port,
    seen: () => readFile(join(folder, 'seen.log'), 'utf8'),
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
