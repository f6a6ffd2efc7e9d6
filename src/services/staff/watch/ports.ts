/**
 * What the console shows of the ring at work, and what may be done about it.
 *
 * @module
 */

export type AlertLine = {
  readonly id: string
  readonly severity: string
  readonly detector: string
  /** What happened, in a sentence without data of anybody. */
  readonly sentence: string
  readonly role: string
  readonly address: string
  readonly firstMs: number
  readonly lastMs: number
  readonly alerts: number
  readonly acknowledgedBy: string | undefined
}

export type AlertInFull = AlertLine & {
  readonly database: string
  readonly advice: string
  readonly drill: boolean
  readonly acknowledgedMs: number | undefined
  readonly escalatedMs: number | undefined
  readonly deliveries: readonly {
    readonly channel: string
    readonly atMs: number
    readonly latencyMs: number
    readonly attempts: number
  }[]
  /** What was done by itself: a session ended, an address or a role refused for a while. */
  readonly responses: readonly {
    readonly kind: 'session' | 'address' | 'role'
    readonly value: string
    readonly atMs: number
    readonly untilMs: number
    readonly undoneMs: number | undefined
    readonly undoneBy: string | undefined
  }[]
}

/** An incident of the status page. */
export type IncidentLine = {
  readonly id: number
  readonly origin: string
  readonly title: string
  readonly components: readonly string[]
  readonly openedMs: number
  readonly resolvedMs: number | undefined
  readonly updates: readonly {
    readonly atMs: number
    readonly kind: string
    readonly text: string
  }[]
}

export type BreachLine = {
  readonly id: string
  readonly nature: string
  readonly awareMs: number
  readonly closed: boolean
  readonly duties: readonly {
    readonly recipient: string
    readonly dueMs: number
    readonly doneMs: number | undefined
  }[]
}

export type MonitorLine = {
  readonly id: string
  readonly name: string
  readonly state: 'up' | 'down' | 'unknown'
  readonly sinceMs: number
  readonly tookMs: number | undefined
  readonly reason: string | undefined
  /** Parts of one, had unknown time been down, and had it been up. */
  readonly availability: { readonly lowest: number; readonly highest: number } | undefined
}

/** One setting of veilig.yaml: what the file says beside what holds without it. */
export type SettingLine = {
  readonly path: string
  /** As it stands in the file, references unfollowed. Undefined: not in the file. */
  readonly value: string | undefined
  readonly standard: string | undefined
}

export type Settings = { readonly file: string | undefined; readonly lines: readonly SettingLine[] }

/** What is looked for in the audit trail; an empty text is no condition. */
export type AuditQuestion = {
  readonly person: string
  readonly table: string
  readonly text: string
  readonly fromMs: number
  readonly toMs: number
}

export type AuditAnswer = {
  readonly rows: readonly {
    readonly timeMs: number
    readonly process: string
    readonly sequence: number
    readonly code: string
    readonly person: string
    readonly address: string
    readonly what: string
    readonly rows: number | undefined
  }[]
  /** Whether there is more than is shown. */
  readonly more: boolean
  readonly warnings: readonly string[]
}

export type MailDay = {
  /** `2026-11-23`, UTC. */
  readonly day: string
  readonly accepted: number
  readonly delivered: number
  readonly bounced: number
  readonly complaints: number
}

/** A template of the application, with names in place of values. */
export type TemplateLine = {
  readonly name: string
  readonly language: string
  readonly subject: string
  /** Why it cannot be sent; '' when it can. */
  readonly fault: string
}

/** As its reader would see it. */
export type TemplateView = TemplateLine & {
  readonly text: string
  readonly html: string
  /** What the application must fill in. */
  readonly values: readonly string[]
  readonly languages: readonly string[]
}

/** Which mails to show; '' for all. */
export type MailFilter = { readonly state: string; readonly tenant: string }

/** What one address got in thirty days, and what keeps mail from it. */
export type MailPersonView = {
  /** Keyed hash of the address. */
  readonly victim: string
  readonly suppression:
    { readonly reason: string; readonly status: string; readonly sinceMs: number } | undefined
  /** Lists that the person has left, as `sender/tenant/list`. */
  readonly left: readonly string[]
  readonly sent: readonly {
    readonly atMs: number
    readonly category: string
    readonly list: string
    readonly tenant: string
    readonly state: string
    readonly status: string
  }[]
}

/** No content, and no whole address. */
export type MailView = {
  readonly days: readonly MailDay[]
  /** Who sends in our name, as receivers report. */
  readonly sources: readonly {
    readonly source: string
    readonly messages: number
    /** Of these, those that DMARC passed. */
    readonly passed: number
  }[]
  /** TLS sessions towards us, as those who opened them report. */
  readonly tls: readonly {
    readonly reporter: string
    readonly succeeded: number
    readonly failed: number
  }[]
  readonly queued: number
  readonly sent: readonly {
    readonly atMs: number
    /** `j…@club.example`. */
    readonly to: string
    readonly state: string
    /** The receiver's code. */
    readonly status: string
    readonly category: string
    readonly tenant: string
    readonly attempts: number
  }[]
  /** Of the application. */
  readonly templates: readonly TemplateLine[]
  readonly suppressions: readonly {
    /** Keyed hash of the address. */
    readonly victim: string
    readonly reason: string
    readonly status: string
    readonly note: string
    readonly sinceMs: number
  }[]
}

export type Text = Readonly<Partial<Record<'nl' | 'en' | 'fr', string>>>

/** Each may @throws {VeiligError} when the service it asks is away or refuses. */
export type WatchPorts = {
  alerts(): Promise<readonly AlertLine[]>
  alert(id: string): Promise<AlertInFull | undefined>
  /** @returns Whether nobody had before. */
  acknowledge(id: string, by: string): Promise<boolean>
  incidents(): Promise<readonly IncidentLine[]>
  breaches(): Promise<readonly BreachLine[]>
  openIncident(title: Text, text: Text, components: readonly string[]): Promise<void>
  updateIncident(id: number, kind: string, text: Text): Promise<void>
  monitors(): Promise<readonly MonitorLine[]>
  search(question: AuditQuestion): Promise<AuditAnswer>
  settings(): Promise<Settings>
  mail(filter: MailFilter): Promise<MailView>
  /** Undefined when there is none of that name in that language. */
  mailTemplate(name: string, language: string): Promise<TemplateView | undefined>
  /** @throws {DeniedError} It is no address. */
  mailPerson(address: string): Promise<MailPersonView>
  /** Nothing but security mail goes to the address any more. @throws {DeniedError} It is none. */
  silence(address: string, note: string, by: string): Promise<void>
  /** @param victim As `mail` has it. */
  lift(victim: string, by: string): Promise<void>
}
