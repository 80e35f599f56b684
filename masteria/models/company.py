"""A company: the tenant that owns everything else."""

from sqlmodel import Field

from masteria.models.base import Row


class Company(Row, table=True):
    """`slug` names it in commands; `timezone` is an IANA name, `country` an ISO code (for numbers without `+`).

    `marketing_cap_per_day` is how many marketing templates one person may get within 24 hours; None for no cap.
    """

    slug: str = Field(unique=True, max_length=64)
    name: str = Field(max_length=120)
    timezone: str = "America/Sao_Paulo"
    language: str = "pt_BR"
    country: str = "BR"
    marketing_cap_per_day: int | None = None
