/**
 * The rules of NIST's OSCAL 1.1.2 assessment results model, as far as a document of ours can reach
 * them: members of every object, those that must be there, and the forms of their values. Closed, as
 * NIST's own JSON schema is: a member that the model does not name is refused.
 *
 * Written from the model reference (assessment-results, JSON format); our document needs no others.
 */
import { z } from 'zod'

const uuid = z
  .string()
  .regex(
    /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$/,
  )
/** A name of XML without colon. */
const token = z.string().regex(/^[\p{L}_][\p{L}\p{N}.\-_]*$/u)
/** Something, without white space around it. */
const text = z.string().regex(/^\S(?:.*\S)?$/su)
const moment = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/)
const uri = z.string().regex(/^[a-zA-Z][a-zA-Z0-9+\-.]+:.+$/)
const remarks = z.string().min(1).optional()

const property = z.strictObject({
  name: token,
  uuid: uuid.optional(),
  ns: uri.optional(),
  value: text,
  class: token.optional(),
  group: token.optional(),
  remarks,
})
const link = z.strictObject({
  href: z.string().min(1),
  rel: token.optional(),
  'media-type': text.optional(),
  'resource-fragment': text.optional(),
  text: z.string().optional(),
})
const described = {
  props: z.array(property).min(1).optional(),
  links: z.array(link).min(1).optional(),
  remarks,
}

const metadata = z.strictObject({
  title: z.string().min(1),
  published: moment.optional(),
  'last-modified': moment,
  version: text,
  'oscal-version': text,
  ...described,
})

const controlSelection = z.strictObject({
  description: z.string().optional(),
  'include-all': z.strictObject({}).optional(),
  'include-controls': z.array(z.unknown()).min(1).optional(),
  'exclude-controls': z.array(z.unknown()).min(1).optional(),
  ...described,
})

const observation = z.strictObject({
  uuid,
  title: z.string().optional(),
  description: z.string().min(1),
  methods: z.array(z.enum(['EXAMINE', 'INTERVIEW', 'TEST', 'UNKNOWN'])).min(1),
  types: z.array(token).min(1).optional(),
  'relevant-evidence': z
    .array(
      z.strictObject({
        href: z.string().min(1).optional(),
        description: z.string().min(1),
        ...described,
      }),
    )
    .min(1)
    .optional(),
  collected: moment,
  expires: moment.optional(),
  ...described,
})

const finding = z.strictObject({
  uuid,
  title: z.string().min(1),
  description: z.string().min(1),
  target: z.strictObject({
    type: z.enum(['statement-id', 'objective-id']),
    'target-id': token,
    title: z.string().optional(),
    description: z.string().optional(),
    status: z.strictObject({
      state: z.enum(['satisfied', 'not-satisfied']),
      reason: z.enum(['pass', 'fail', 'other']).optional(),
      remarks,
    }),
    ...described,
  }),
  'implementation-statement-uuid': uuid.optional(),
  'related-observations': z
    .array(z.strictObject({ 'observation-uuid': uuid }))
    .min(1)
    .optional(),
  ...described,
})

const result = z.strictObject({
  uuid,
  title: z.string().min(1),
  description: z.string().min(1),
  start: moment,
  end: moment.optional(),
  'reviewed-controls': z.strictObject({
    description: z.string().optional(),
    'control-selections': z.array(controlSelection).min(1),
    ...described,
  }),
  observations: z.array(observation).min(1).optional(),
  findings: z.array(finding).min(1).optional(),
  ...described,
})

/** What is read of a document; there is more in it. */
export type OscalDocument = {
  readonly 'assessment-results': {
    readonly uuid: string
    readonly metadata: { readonly 'oscal-version': string }
    readonly results: readonly OscalResult[]
  }
}

type OscalResult = {
  readonly uuid: string
  readonly start: string
  readonly end?: string | undefined
  readonly observations?: readonly { readonly uuid: string }[] | undefined
  readonly findings?: readonly OscalFinding[] | undefined
}

type OscalFinding = {
  readonly uuid: string
  readonly title: string
  readonly target: {
    readonly 'target-id': string
    readonly status: { readonly state: string; readonly remarks?: string | undefined }
  }
  readonly 'related-observations'?: readonly { readonly 'observation-uuid': string }[] | undefined
}

const document: z.ZodType<OscalDocument> = z.strictObject({
  'assessment-results': z.strictObject({
    uuid,
    metadata,
    'import-ap': z.strictObject({ href: z.string().min(1), remarks }),
    results: z.array(result).min(1),
  }),
})

/**
 * A document that follows the model, and its rules of uniqueness and reference.
 *
 * @throws {Error} Naming each place that does not.
 */
export function readOscal(json: string): OscalDocument {
  const read = document.parse(JSON.parse(json))
  const { uuid: own, results } = read['assessment-results']
  for (const { uuid: id, start, end, observations = [], findings = [] } of results) {
    const ids = [own, id, ...[...observations, ...findings].map((one) => one.uuid)]
    if (new Set(ids).size !== ids.length) throw new Error('two things have one uuid')
    if (end !== undefined && Date.parse(end) < Date.parse(start)) throw new Error('it ends before')
    const known = new Set(observations.map((one) => one.uuid))
    for (const { title, 'related-observations': related = [] } of findings) {
      const strange = related.filter((one) => !known.has(one['observation-uuid']))
      if (strange.length > 0) throw new Error(`${title}: an observation that is not there`)
    }
  }
  return read
}
