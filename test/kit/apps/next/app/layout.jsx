/** The frame of every page. */
import './style.css'

export const metadata = { title: 'club' }

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  )
}
