/** What the page asks for. */
export function GET() {
  return Response.json({ weather: 'sunny' })
}
