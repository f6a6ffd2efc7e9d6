/** A gallery: sessions, a form that uploads a picture, and a look at it before it leaves. */
import { randomUUID } from 'node:crypto'
import express from 'express'
import session from 'express-session'
import multer from 'multer'

const pictures = new Map()
const upload = multer({ limits: { fileSize: 5_000_000 } })

const page = (title, body) => `<!doctype html><html><head><title>${title}</title>
<style>body { color: rgb(1, 2, 3) }</style></head><body>${body}</body></html>`

const form = `<form action="/pictures" method="post" enctype="multipart/form-data">
<input name="title"><input name="picture" type="file" accept="image/*"><button id="send">send</button>
</form><img id="preview" alt=""><p id="chosen"></p>
<script>
document.querySelector('input[type=file]').addEventListener('change', function (event) {
  var file = event.target.files[0]
  var preview = document.getElementById('preview')
  preview.onload = function () {
    document.getElementById('chosen').textContent = file.name + ' is ' + preview.naturalWidth + ' wide'
    URL.revokeObjectURL(preview.src)
  }
  preview.src = URL.createObjectURL(file)
})
</script>`

const app = express()
app.use(session({ secret: 'of the test', resave: false, saveUninitialized: false }))
app.get('/', (request, response) => {
  const thanks = request.session.title ? `<p id="thanks">Thanks for the picture</p>` : ''
  response.send(page('gallery', thanks + form))
})
app.post('/pictures', upload.single('picture'), (request, response) => {
  const id = randomUUID()
  pictures.set(id, { title: request.body.title, ...request.file })
  request.session.title = request.body.title
  response.redirect(`/pictures/${id}`)
})
app.get('/pictures/:id', ({ params: { id } }, response) => {
  const { title, size } = pictures.get(id)
  const data = JSON.stringify({ id, title, size }).replaceAll('<', '\\u003c')
  const body = `<script>var picture = ${data}</script><h1></h1><img id="shown" alt="" src="/pictures/${id}/file">
<script>document.querySelector('h1').textContent = picture.title + ', ' + picture.size + ' bytes'</script>
<a href="/">back</a>`
  response.send(page('picture', body))
})
app.get('/pictures/:id/file', ({ params: { id } }, response) => {
  const { mimetype, buffer } = pictures.get(id)
  response.type(mimetype).send(buffer)
})
app.listen(Number(process.argv[2]), '127.0.0.1')
