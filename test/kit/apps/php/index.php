<?php
// A club's noticeboard: a preview in a frame, a window of its own, handlers in attributes.
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$name = $_GET['name'] ?? 'nobody';
if ($path === '/preview') { ?>
<!doctype html><html><head><title>preview</title></head><body><p id="notice"><?= htmlspecialchars($_POST['notice'] ?? '') ?></p>
<script>parent.postMessage({ shown: document.getElementById('notice').textContent }, location.origin)</script></body></html>
<?php return; }
if ($path === '/pick') { ?>
<!doctype html><html><head><title>pick</title></head><body>
<button id="pick" onclick="opener.postMessage({ picked: 'court 3' }, location.origin); window.close()">court 3</button></body></html>
<?php return; } ?>
<!doctype html><html><head><title>club</title>
<style>body { color: rgb(1, 2, 3) }</style>
<script>window.visitor = { name: <?= json_encode($name, JSON_HEX_TAG) ?>, visit: <?= random_int(1, 1000000) ?> }</script></head>
<body><h1 id="hello"></h1><p id="said"></p>
<form method="post" action="/preview" target="frame"><textarea name="notice"></textarea><button id="look">look</button></form>
<iframe name="frame" title="preview"></iframe>
<iframe srcdoc="<p id='hint'>Be kind.</p>" title="hint"></iframe>
<button id="choose" onclick="window.open('/pick', 'pick', 'width=300,height=200')">choose</button>
<script>
document.getElementById('hello').textContent = 'Hello ' + window.visitor.name
addEventListener('message', function (event) {
  if (event.origin !== location.origin) return
  var said = document.getElementById('said')
  if (event.data.shown !== undefined) said.textContent = 'preview of ' + event.data.shown
  if (event.data.picked) said.textContent = 'picked ' + event.data.picked
})
</script></body></html>
