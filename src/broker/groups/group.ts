/**
 * One consumer group, after Kafka's classic protocol. The members bring the assignment: the leader makes it, the broker
 * only passes it on.
 *
 *   Empty ──join──► Preparing ──all joined, or time is up──► Completing ──leader's sync──► Stable
 *                       ▲                                        │                            │
 *                       └────────────── a member joins, leaves or is not heard of ────────────┘
 */
import { ERROR } from '../wire/error-codes.ts';

export interface JoinRequest {
  memberId: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocolType: string;
  protocols: { name: string; metadata: Buffer }[];
}

export interface JoinAnswer {
  code: number;
  generation: number;
  protocol: string;
  leader: string;
  memberId: string;
  /** Told to the leader alone. */
  members: { memberId: string; metadata: Buffer }[];
}

export interface SyncAnswer {
  code: number;
  assignment: Buffer;
}

interface Member extends JoinRequest {
  assignment: Buffer;
  answerJoin: ((answer: JoinAnswer) => void) | null;
  answerSync: ((answer: SyncAnswer) => void) | null;
  expiry: NodeJS.Timeout | null;
}

/** Members that come together join together. */
const FIRST_JOIN_WAIT_MS = 100;
const MEMBERS_MAX = 100;
const NOTHING = Buffer.alloc(0);

export class Group {
  readonly #members = new Map<string, Member>();
  #state: 'Empty' | 'Preparing' | 'Completing' | 'Stable' = 'Empty';
  #generation = 0;
  #protocol = '';
  #leader = '';
  #rebalance: NodeJS.Timeout | null = null;

  /** Resolves once the group has come together. */
  join(request: JoinRequest): Promise<JoinAnswer> {
    const known = this.#members.get(request.memberId);
    if (known === undefined && this.#members.size >= MEMBERS_MAX) {
      return Promise.resolve(this.#refused(request.memberId, ERROR.groupMaxSizeReached));
    }
    if (!this.#sharesProtocol(request)) {
      return Promise.resolve(this.#refused(request.memberId, ERROR.inconsistentGroupProtocol));
    }
    const member: Member = { ...request, assignment: NOTHING, answerJoin: null, answerSync: null, expiry: null };
    known?.answerJoin?.(this.#refused(request.memberId, ERROR.unknownMemberId));
    if (known?.expiry) clearTimeout(known.expiry);
    this.#members.set(request.memberId, member);
    return new Promise((resolve) => {
      member.answerJoin = resolve;
      this.#prepare();
      if ([...this.#members.values()].every(({ answerJoin }) => answerJoin !== null) && this.#generation > 0) {
        this.#complete();
      }
    });
  }

  /** Resolves once the leader has told who gets what. */
  sync(memberId: string, generation: number, assignments: readonly [string, Buffer][]): Promise<SyncAnswer> {
    const code = this.#standing(memberId, generation);
    const member = this.#members.get(memberId);
    if (member === undefined || code !== ERROR.none) return Promise.resolve({ code, assignment: NOTHING });
    this.#heard(memberId, member);
    if (this.#state === 'Stable') return Promise.resolve({ code: ERROR.none, assignment: member.assignment });
    return new Promise((resolve) => {
      member.answerSync = resolve;
      if (memberId !== this.#leader) return;
      for (const [id, assignment] of assignments) {
        const assigned = this.#members.get(id);
        // A copy: the request's memory is large, and an assignment is kept.
        if (assigned !== undefined) assigned.assignment = Buffer.from(assignment);
      }
      this.#state = 'Stable';
      for (const one of this.#members.values()) {
        one.answerSync?.({ code: ERROR.none, assignment: one.assignment });
        one.answerSync = null;
      }
    });
  }

  heartbeat(memberId: string, generation: number): number {
    const member = this.#members.get(memberId);
    if (member !== undefined) this.#heard(memberId, member);
    return this.#standing(memberId, generation);
  }

  leave(memberId: string): number {
    if (!this.#members.has(memberId)) return ERROR.unknownMemberId;
    this.#drop(memberId);
    return ERROR.none;
  }

  /** May this member commit offsets? Whoever is in no group may, as long as nobody else is in it. */
  mayCommit(memberId: string, generation: number): number {
    if (generation < 0 && this.#members.size === 0) return ERROR.none;
    const code = this.#standing(memberId, generation);
    return code === ERROR.rebalanceInProgress ? ERROR.none : code;
  }

  close(): void {
    if (this.#rebalance !== null) clearTimeout(this.#rebalance);
    for (const { expiry } of this.#members.values()) if (expiry !== null) clearTimeout(expiry);
  }

  #standing(memberId: string, generation: number): number {
    if (!this.#members.has(memberId)) return ERROR.unknownMemberId;
    if (generation !== this.#generation) return ERROR.illegalGeneration;
    return this.#state === 'Preparing' ? ERROR.rebalanceInProgress : ERROR.none;
  }

  #sharesProtocol({ memberId, protocolType, protocols }: JoinRequest): boolean {
    const others = [...this.#members].filter(([id]) => id !== memberId).map(([, member]) => member);
    if (others.some((other) => other.protocolType !== protocolType)) return false;
    return protocols.some(({ name }) => others.every((other) => other.protocols.some((one) => one.name === name)));
  }

  #prepare(): void {
    if (this.#state === 'Preparing') return;
    this.#state = 'Preparing';
    for (const member of this.#members.values()) {
      member.answerSync?.({ code: ERROR.rebalanceInProgress, assignment: NOTHING });
      member.answerSync = null;
    }
    const longestMs = Math.max(...[...this.#members.values()].map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs));
    const waitMs = this.#generation === 0 ? FIRST_JOIN_WAIT_MS : longestMs;
    this.#rebalance = setTimeout(() => this.#complete(), waitMs);
  }

  /** Who has not joined is out. */
  #complete(): void {
    if (this.#rebalance !== null) clearTimeout(this.#rebalance);
    this.#rebalance = null;
    for (const [id, { answerJoin, expiry }] of [...this.#members]) {
      if (answerJoin !== null) continue;
      if (expiry !== null) clearTimeout(expiry);
      this.#members.delete(id);
    }
    const [leader] = this.#members.keys();
    this.#generation++;
    this.#state = leader === undefined ? 'Empty' : 'Completing';
    if (leader === undefined) return;
    this.#leader = this.#members.has(this.#leader) ? this.#leader : leader;
    this.#protocol = this.#agreedProtocol();
    for (const [id, member] of this.#members) {
      const members = id === this.#leader ? this.#metadata() : [];
      const answer = { generation: this.#generation, protocol: this.#protocol, leader: this.#leader };
      member.answerJoin?.({ code: ERROR.none, ...answer, memberId: id, members });
      member.answerJoin = null;
      this.#heard(id, member);
    }
  }

  #agreedProtocol(): string {
    const [first, ...others] = this.#members.values();
    const shared = first?.protocols.find(({ name }) =>
      others.every((other) => other.protocols.some((one) => one.name === name)),
    );
    return shared?.name ?? '';
  }

  #metadata(): JoinAnswer['members'] {
    return [...this.#members].map(([memberId, { protocols }]) => {
      return { memberId, metadata: protocols.find(({ name }) => name === this.#protocol)?.metadata ?? NOTHING };
    });
  }

  #heard(memberId: string, member: Member): void {
    if (member.expiry !== null) clearTimeout(member.expiry);
    member.expiry = setTimeout(() => this.#drop(memberId), member.sessionTimeoutMs);
  }

  #drop(memberId: string): void {
    const member = this.#members.get(memberId);
    if (member === undefined || member.answerJoin !== null) return;
    if (member.expiry !== null) clearTimeout(member.expiry);
    member.answerSync?.({ code: ERROR.unknownMemberId, assignment: NOTHING });
    this.#members.delete(memberId);
    if (this.#members.size > 0) this.#prepare();
    else this.#complete();
    const waits = [...this.#members.values()];
    if (waits.length > 0 && waits.every(({ answerJoin }) => answerJoin !== null)) this.#complete();
  }

  #refused(memberId: string, code: number): JoinAnswer {
    return { code, generation: -1, protocol: '', leader: '', memberId, members: [] };
  }
}
