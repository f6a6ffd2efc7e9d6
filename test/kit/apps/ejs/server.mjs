/** Signing in with somebody else: a form of ours that leads, over two redirects, to another site. */
import { createServer } from 'node:http'
import ejs from 'ejs'

const home = ejs.compile(`<!doctype html><html><head><title>club</title></head><body>
<h1>Hello <%= user %></h1>
<form action="/login" method="post"><button id="login">sign in with the federation</button></form>
<script>window.visitor = <%- data %></script></body></html>`)

const consent = ejs.compile(`<!doctype html><html><head><title>federation</title></head><body>
<h1>The club wants to know your name</h1><a id="allow" href="<%= back %>">allow</a></body></html>`)

const PROVIDER = 'federation.localhost'
const sessions = new Map()

createServer((request, response) => {
  const url = new URL(request.url, 'http://x')
  const [hostName, port] = request.headers.host.split(':')
  const send = (body) => response.setHeader('content-type', 'text/html; charset=utf-8').end(body)
  const go = (status, location) => response.writeHead(status, { location }).end()
  if (hostName === PROVIDER) {
    const back = new URL(url.searchParams.get('redirect_uri'))
    back.searchParams.set('code', 'abc')
    back.searchParams.set('state', url.searchParams.get('state'))
    return send(consent({ back: back.href }))
  }
  const session = /sid=([a-z0-9]+)/.exec(request.headers.cookie ?? '')?.[1]
  if (url.pathname === '/login') return go(303, '/login/start')
  if (url.pathname === '/login/start') {
    const state = Math.random().toString(36).slice(2)
    response.setHeader('set-cookie', `sid=${state}; Path=/; HttpOnly`)
    const back = encodeURIComponent(`https://localhost:${port}/callback`)
    return go(302, `https://${PROVIDER}:${port}/authorize?redirect_uri=${back}&state=${state}`)
  }
  if (url.pathname === '/callback') {
    if (url.searchParams.get('state') !== session) return response.writeHead(400).end('no')
    sessions.set(session, 'Lotte of the federation')
    return go(302, '/')
  }
  const user = sessions.get(session) ?? 'nobody'
  send(home({ user, data: JSON.stringify({ user }).replaceAll('<', '\\u003c') }))
}).listen(Number(process.argv[2]), '127.0.0.1')
