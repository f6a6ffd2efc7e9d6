/**
 * The description of the interface for programs (OpenAPI 3.1).
 *
 * @module
 */

const instant = { type: 'string', examples: ['2026-11-27T17:00Z'], description: 'UTC' }
const id = { type: 'string', format: 'uuid' }
const text = { type: 'string' }
const whole = { type: 'integer' }

const court = object({
  id,
  name: text,
  sport: { enum: ['tennis', 'padel', 'squash'] },
  surface: { enum: ['clay', 'hard', 'artificial', 'carpet', 'glass'] },
  indoor: { type: 'boolean' },
  lengthMin: { ...whole, description: 'minutes' },
  lengthMax: { ...whole, description: 'minutes' },
})

const pin = { type: 'string', pattern: '^[0-9]{6}$', description: 'where doors have codes' }
const booking = object({
  club: text,
  booking: id,
  court: id,
  kind: { enum: ['play', 'course', 'match', 'closure'] },
  from: instant,
  until: instant,
})
const opened = {
  allOf: [booking, { type: 'object', properties: { pin, doorMinutes: whole } }],
}

const clubParameter = { name: 'club', in: 'path', required: true, schema: text }
const dateParameter = {
  name: 'date',
  in: 'path',
  required: true,
  schema: { type: 'string', format: 'date' },
  description: 'A day on the club’s calendar, from 31 days ago to 400 days ahead',
}

/** @param origin Where it is reached, such as `https://club.example`. */
export function openApi(origin: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Reservations',
      version: '1',
      description:
        'Courts and free times of a club; with a key of the club, codes of its doors. No names.',
    },
    servers: [{ url: `${origin}/api/v1` }],
    paths: {
      '/clubs/{club}': get('The club and its courts', [clubParameter], {
        slug: text,
        name: text,
        town: text,
        zone: { ...text, description: 'IANA name' },
        language: { enum: ['nl', 'fr', 'en'] },
        opensMinute: { ...whole, description: 'minutes after midnight on the club’s clock' },
        closesMinute: { ...whole, description: 'minutes after midnight on the club’s clock' },
        courts: { type: 'array', items: court },
      }),
      '/clubs/{club}/days/{date}': get(
        'What stands on the courts',
        [clubParameter, dateParameter],
        {
          date: text,
          courts: { type: 'array', items: court },
          taken: list({
            court: id,
            from: instant,
            until: instant,
            kind: { enum: ['play', 'course', 'match', 'closure'] },
            title: { ...text, description: 'of a course, match or closure; else empty' },
          }),
        },
      ),
      '/clubs/{club}/days/{date}/free': get(
        'Starts that are free',
        [
          clubParameter,
          dateParameter,
          {
            name: 'minutes',
            in: 'query',
            schema: { ...whole, minimum: 30, maximum: 480 },
            description: 'only starts free for at least so long',
          },
        ],
        {
          date: text,
          free: list({
            court: id,
            from: instant,
            minutes: { ...whole, description: 'how long it may be booked' },
          }),
        },
      ),
      '/clubs/{club}/doors': withKey(
        get('Which code opens which court, now and within a day', [clubParameter], {
          at: instant,
          openings: list({ court: id, booking: id, from: instant, until: instant, pin }),
        }),
      ),
    },
    webhooks: {
      'booking.created': told('A booking stands', opened),
      'booking.moved': told('A booking has another time or court', opened),
      'booking.cancelled': told('A booking does not take place', booking),
    },
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
  }
}

type Operation = { readonly get: Described }

type Described = {
  readonly summary: string
  readonly parameters: readonly object[]
  readonly responses: object
}

/** What only a door system of the club may ask. */
function withKey({ get: asked }: Operation): object {
  const responses = { ...asked.responses, 401: { description: 'Not a key of this club' } }
  return { get: { ...asked, responses, security: [{ key: [] }] } }
}

/** A message to an address of the club: signed as Standard Webhooks 1.0 say, repeated until taken. */
function told(summary: string, data: object): object {
  const schema = object({ type: text, timestamp: instant, data })
  return {
    post: {
      summary,
      parameters: ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ({
        name,
        in: 'header',
        required: true,
        schema: text,
      })),
      requestBody: { content: { 'application/json': { schema } } },
      responses: { 204: { description: 'Taken' } },
    },
  }
}

function object(properties: object): object {
  return { type: 'object', properties, required: Object.keys(properties) }
}

function list(properties: object): object {
  return { type: 'array', items: object(properties) }
}

function get(summary: string, parameters: readonly object[], properties: object): Operation {
  const schema = object(properties)
  return {
    get: {
      summary,
      parameters,
      responses: {
        200: { description: 'OK', content: { 'application/json': { schema } } },
        404: { description: 'No such club or day' },
      },
    },
  }
}
