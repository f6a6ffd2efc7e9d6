<?php
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
<?php } ?></body></html>
