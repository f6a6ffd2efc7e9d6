/**
 * Two applications with a day's work in them, unmodified: a blog as WordPress makes them, in PHP,
 * and a board of measurements in a single page, as Grafana is. They sign people in by cookies that
 * scripts read or may not read, post forms, ask for data, and are told of news.
 */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { SampleApp } from '#kit/sample-apps.ts'

/** Settings in inline scripts, the loader of pictures for letters, the bar of whoever is signed in. */
const blog = String.raw`<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$user = $_COOKIE['wordpress_logged_in_5f'] ?? null;
$user = $user ? explode('|', $user)[0] : null;
$comments = __DIR__ . '/comments.txt';
if ($path === '/wp-login.php' && $_SERVER['REQUEST_METHOD'] === 'POST') {
  if ($_POST['pwd'] !== 'right') { http_response_code(200); echo 'wrong'; return; }
  setcookie('wordpress_logged_in_5f', $_POST['log'] . '|' . bin2hex(random_bytes(16)), 0, '/', '', false, true);
  setcookie('wp-settings-1', 'editor%3Dhtml', time() + 86400, '/');
  header('Location: /wp-admin/', true, 302); return;
}
if ($path === '/wp-admin/admin-ajax.php') {
  header('Content-Type: application/json');
  echo json_encode(['success' => $user !== null && $_POST['_wpnonce'] === substr(md5($user), 0, 10), 'user' => $user]); return;
}
if ($path === '/wp-comments-post.php') {
  file_put_contents($comments, htmlspecialchars($_POST['comment']) . "\n", FILE_APPEND);
  header('Location: /?p=1#comments', true, 302); return;
}
if ($path === '/wp-includes/js/site.js') { header('Content-Type: text/javascript'); ?>
document.addEventListener('DOMContentLoaded', function () {
  var settings = document.cookie.indexOf('wp-settings-1') >= 0 ? 'settings read' : 'no settings';
  var place = document.getElementById('settings'); if (place) place.textContent = settings;
  var save = document.getElementById('save'); if (!save) return;
  save.addEventListener('click', function () {
    var body = new URLSearchParams({ action: 'save', _wpnonce: wpSettings.nonce });
    fetch(wpSettings.ajaxurl, { method: 'POST', body: body, credentials: 'same-origin' })
      .then(function (answer) { return answer.json() })
      .then(function (saved) { document.getElementById('saved').textContent = saved.success ? 'saved by ' + saved.user : 'refused' });
  });
});
<?php return; }
?><!doctype html><html><head><title>Our club</title>
<style id="wp-block-library-inline-css">.wp-block-button{border-radius:9px} body{color:rgb(1, 2, 3)}</style>
<script>window._wpemojiSettings = {"baseUrl":"\/emoji\/","source":{"concatemoji":"\/wp-includes\/js\/site.js?ver=<?= random_int(1, 9) ?>"}};</script>
<script>/*! loader */ !function(s,n){var o;function p(e){return e.supports}try{o=new Blob(["postMessage(1)"],{type:"text/javascript"});var r=new Worker(URL.createObjectURL(o),{name:"test"});r.onmessage=function(){document.documentElement.dataset.worker="1";r.terminate()}}catch(e){}}(window,document);</script>
<script id="site-js-extra">var wpSettings = {"ajaxurl":"\/wp-admin\/admin-ajax.php","nonce":"<?= $user ? substr(md5($user), 0, 10) : '' ?>","user":<?= json_encode($user, JSON_HEX_TAG) ?>};</script>
<script src="/wp-includes/js/site.js?ver=6.8"></script></head><body class="<?= $user ? 'logged-in' : '' ?>">
<?php if ($path === '/wp-login.php') { ?>
<form action="/wp-login.php" method="post"><input name="log"><input name="pwd" type="password"><button id="submit">Log in</button></form>
<script>try{document.querySelector('input[name=log]').focus();}catch(e){}</script>
<?php } elseif ($path === '/wp-admin/') { ?>
<div id="bar">Howdy, <?= htmlspecialchars($user ?? 'nobody') ?></div><p id="settings"></p><button id="save">save</button><p id="saved"></p>
<?php } else { ?>
<h1>Hello world</h1><p style="margin-top:2em">Welcome.</p><a id="login" href="/wp-login.php">log in</a>
<ol id="comments"><?php foreach (file_exists($comments) ? file($comments) : [] as $line) echo "<li>$line</li>"; ?></ol>
<form action="/wp-comments-post.php" method="post"><textarea name="comment"></textarea><button id="post" onclick="this.textContent='sending'">post</button></form>
<?php } ?></body></html>`

async function blogJourney(page: Page, origin: string): Promise<void> {
  await page.goto(origin)
  await page.waitForSelector('html[data-worker="1"]', { state: 'attached' })
  const remark = `Nice <b>courts</b> ${Math.random()}`
  await page.fill('textarea', remark)
  await page.click('#post')
  await page.getByText(remark).waitFor()
  await page.click('#login')
  await page.fill('input[name=log]', 'lotte')
  await page.fill('input[name=pwd]', 'right')
  await page.click('#submit')
  await page.getByText('Howdy, lotte').waitFor()
  await page.getByText('settings read').waitFor() // a script reads its cookie
  const cookies = await page.evaluate(() => document.cookie)
  assert(!cookies.includes('wordpress_logged_in'), 'no script reads the session')
  await page.click('#save')
  await page.getByText('saved by lotte').waitFor()
}

const board =
  String.raw`import { createServer } from 'node:http'
import { createHash } from 'node:crypto'
let count = 0
const page = (user) => '<!doctype html><html><head><style>body{color:rgb(1, 2, 3)}</style></head><body><div id="root"></div>'
  + '<script>window.grafanaBootData = {"user":' + JSON.stringify(user ?? null) + ',"settings":{"buildInfo":{"version":"12.' + count++ + '"}},"navTree":[' + '{"id":1},'.repeat(count % 3) + '{"id":0}]}<'+'/script>'
  + '<script type="module" src="/public/build/app.js"><'+'/script></body></html>'
const app = ` +
  '`' +
  String.raw`
const root = document.getElementById('root')
const line = (id) => { const p = document.createElement('p'); p.id = id; root.append(p); return p }
const user = window.grafanaBootData.user
if (!user) {
  root.innerHTML = '<form><input name="user"><input name="password" type="password"><button id="go">log in</button></form>'
  root.querySelector('form').onsubmit = async (event) => {
    event.preventDefault()
    const fields = Object.fromEntries(new FormData(event.target))
    const answer = await fetch('/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) })
    if (answer.ok) location.assign('/')
  }
} else {
  const panel = await import('/public/build/panel.js')
  panel.draw(line('panel'), await (await fetch('/api/data')).json())
  line('who').textContent = 'signed in as ' + user
  new EventSource('/api/events').onmessage = (event) => { line('news').textContent = event.data }
  const socket = new WebSocket('wss://' + location.host + '/api/live/ws')
  socket.onopen = () => socket.send('subscribe')
  socket.onmessage = (event) => { line('live').textContent = event.data }
}` +
  '`' +
  String.raw`
const panel = "export function draw(place, { values }) { place.style.width = '300px'; const c = document.createElement('canvas'); c.getContext('2d').fillRect(0, 0, values[0], 9); place.append(c, 'sum ' + values.reduce((a, b) => a + b)); c.toBlob((b) => { const i = new Image(); i.onload = () => { place.dataset.picture = 'drawn' }; i.src = URL.createObjectURL(b); place.append(i) }) }"
const server = createServer((request, response) => {
  const user = /grafana_session=([a-z]+)\./.exec(request.headers.cookie ?? '')?.[1]
  const path = new URL(request.url, 'http://x').pathname
  const send = (type, body) => response.setHeader('content-type', type).end(body)
  if (path === '/login') {
    let text = ''
    request.on('data', (piece) => { text += piece }).on('end', () => {
      const given = JSON.parse(text)
      if (given.password !== 'right') return response.writeHead(401).end('{}')
      response.setHeader('set-cookie', ['grafana_session=' + given.user + '.secret; Path=/; HttpOnly', 'grafana_session_expiry=1; Path=/'])
      send('application/json', '{"message":"Logged in"}')
    })
  } else if (path === '/public/build/app.js') send('text/javascript', app)
  else if (path === '/public/build/panel.js') send('text/javascript', panel)
  else if (path === '/api/data') response.writeHead(user ? 200 : 401, { 'content-type': 'application/json' }).end('{"values":[1,2,3]}')
  else if (path === '/api/events') response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: news came\n\n')
  else send('text/html; charset=utf-8', page(user))
})
server.on('upgrade', (request, socket) => {
  const key = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ' + key + '\r\n\r\n')
  socket.on('error', () => {})
  socket.on('data', (frame) => { if ((frame[0] & 15) === 1) socket.write(Buffer.concat([Buffer.from([0x81, 9]), Buffer.from('live data')])) })
})
server.listen(Number(process.argv[2]), '127.0.0.1')`

async function boardJourney(page: Page, origin: string): Promise<void> {
  await page.goto(origin)
  await page.fill('input[name=user]', 'lotte')
  await page.fill('input[name=password]', 'right')
  await page.click('#go')
  await page.getByText('signed in as lotte').waitFor()
  await page.getByText('sum 6').waitFor()
  await page.waitForSelector('[data-picture=drawn]')
  await page.getByText('news came').waitFor()
  await page.getByText('live data').waitFor()
  const cookies = await page.evaluate(() => document.cookie)
  assert(!cookies.includes('grafana_session='), 'no script reads the session')
  assert(cookies.includes('grafana_session_expiry='), 'but when it ends')
}

export const sampleSites: readonly SampleApp[] = [
  {
    name: 'a blog like WordPress, in PHP',
    packages: [],
    file: 'blog.php',
    source: blog,
    command: ['php', '-S', '127.0.0.1:PORT', 'FILE'],
    journey: blogJourney,
  },
  {
    name: 'a board in a single page, like Grafana',
    packages: [],
    file: 'board.mjs',
    source: board,
    command: ['NODE', 'FILE', 'PORT'],
    journey: boardJourney,
  },
]
