import { WORKFLOW_DESERIALIZE, WORKFLOW_SERIALIZE } from 'perdure/serde';

export class Money {
  readonly amount: number;
  readonly currency: string;

  constructor(amount: number, currency: string) {
    this.amount = amount;
    this.currency = currency;
  }

  static [WORKFLOW_SERIALIZE](money: Money): [number, string] {
    return [money.amount, money.currency];
  }

  static [WORKFLOW_DESERIALIZE]([amount, currency]: [number, string]): Money {
    return new Money(amount, currency);
  }

  plus(other: Money): Money {
    return new Money(this.amount + other.amount, this.currency);
  }

  /** A method that is a step: the instance crosses as what `this` is. */
  async converted(currency: string, rate: number): Promise<Money> {
    'use step';
    return new Money(this.amount * rate, currency);
  }
}

export class PaymentError extends Error {
  override name = 'PaymentError';
  readonly money: Money;

  constructor(message: string, money: Money) {
    super(message);
    this.money = money;
  }
}

async function priceOf(item: string): Promise<Money> {
  'use step';
  return new Money(item.length, 'EUR');
}

async function refuse(money: Money): Promise<never> {
  'use step';
  throw new PaymentError('declined', money);
}
refuse.maxRetries = 0;

/** Instances cross as argument, result and `this`. */
export async function addsMoney(extra: Money): Promise<Money> {
  'use workflow';
  const price = await priceOf('chair');
  const sum = price.plus(extra);
  if (!(sum instanceof Money)) throw new Error('no instance');
  return sum.converted('USD', 2);
}

export async function knowsItsErrors(): Promise<unknown[]> {
  'use workflow';
  try {
    await refuse(new Money(5, 'EUR'));
    return [];
  } catch (error) {
    const { cause } = error as { cause: unknown };
    return [
      cause instanceof PaymentError,
      (cause as PaymentError).money instanceof Money,
      (cause as PaymentError).message,
    ];
  }
}
