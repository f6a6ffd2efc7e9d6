/** Made once, at build. */
import { More } from './more.jsx'

export default function Courts() {
  return (
    <main>
      <h1>All courts</h1>
      <More />
    </main>
  )
}
