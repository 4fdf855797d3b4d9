"""Why a sweep began: a code with its names in place of an English sentence

What older rows said is taken apart here, once; a sentence that fits no code is kept as it is.

Revision ID: 0054_sweep_reasons
Revises: 0053_errands
"""

import json
import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql
revision = '0054_sweep_reasons'
down_revision = '0053_errands'
branch_labels = None
depends_on = None

CLOSED = ', although the window is closed'
SENTENCES = {
    'schedule_cut_off': 'schedule {name}, begun by {probe} while it was cut off',
    'schedule': 'schedule {name}',
    'person': 'started by {name}',
    'order_file': 'order file for {probe}, by {name}',
    'ticket_resolved': 'a ticket was resolved',
}
"""Tried in this order: a sentence is the first that it fits."""


def coded(why: str) -> tuple[str, dict[str, str]]:
    """Return code and names of a sentence."""
    why = why.removesuffix(CLOSED)
    for code, sentence in SENTENCES.items():
        pattern = re.escape(sentence).replace(r'\{name\}', '(?P<name>.+)').replace(r'\{probe\}', '(?P<probe>[a-z0-9-]+)')
        if found := re.fullmatch(pattern, why, re.S):
            return code, found.groupdict()
    return 'said', {'text': why} if why else {}


def said(code: str, facts: dict[str, str], outside_windows: bool) -> str:
    """Return the sentence of a code and its names."""
    names = {'name': '', 'probe': '', **facts}
    sentence = SENTENCES[code].format(**names) if code in SENTENCES else facts.get('text', '')
    return sentence[:120] + CLOSED if outside_windows else sentence[:200]


def upgrade() -> None:
    facts_type = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql')
    op.add_column('sweep', sa.Column('reason', sa.String(length=40), server_default='said', nullable=False))
    op.add_column('sweep', sa.Column('reason_facts', facts_type, server_default='{}', nullable=False))
    bind = op.get_bind()
    sweep = sa.table('sweep', sa.column('why', sa.String), sa.column('reason', sa.String), sa.column('reason_facts', facts_type))
    for why in bind.scalars(sa.select(sweep.c.why).distinct()).all():
        code, facts = coded(why)
        bind.execute(sweep.update().where(sweep.c.why == why).values(reason=code, reason_facts=facts))
    op.drop_column('sweep', 'why')


def downgrade() -> None:
    op.add_column('sweep', sa.Column('why', sa.String(length=200), server_default='', nullable=False))
    bind = op.get_bind()
    rows = bind.execute(sa.text('SELECT DISTINCT reason, CAST(reason_facts AS TEXT) AS facts, outside_windows FROM sweep')).all()
    changed = sa.text(
        'UPDATE sweep SET why = :why WHERE reason = :reason AND CAST(reason_facts AS TEXT) = :facts AND outside_windows = :outside'
    )
    for reason, facts, outside in rows:
        given = {'reason': reason, 'facts': facts, 'outside': outside}
        bind.execute(changed, {'why': said(reason, json.loads(facts), bool(outside)), **given})
    op.drop_column('sweep', 'reason_facts')
    op.drop_column('sweep', 'reason')
