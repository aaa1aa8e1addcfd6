"""`bulk:N`: N companies with three contacts each and N/10 products, for measuring. Books stays without records."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from sandbox.bigin.org import BiginOrg
from sandbox.bigin.store import DAY, Row
from sandbox.seeds import travel_agency_books
from sandbox.seeds.cast import Cast
from sandbox.seeds.orgs import make_orgs
from sandbox.world import World

SEED = 20_261
CONTACTS_EACH = 3


def fill(world: World, number: int) -> None:
    org, people = make_orgs(world)
    maker = _Maker(world, org)
    org.tables["Products"].fill(
        maker.row(
            {"Product_Name": f"Product {n:05d}", "Product_Code": f"P-{n:05d}", "Unit_Price": Decimal(n % 900 + 10)}
        )
        for n in range(max(1, number // 10))
    )
    companies = [maker.row({"Account_Name": f"Company {n:06d}", "Phone": f"+1 555 {n:07d}"}) for n in range(number)]
    org.tables["Accounts"].fill(companies)
    org.tables["Contacts"].fill(
        maker.row(
            {
                "First_Name": f"First{n % 97:02d}",
                "Last_Name": f"Last {n:06d}-{k}",
                "Email": f"contact{n:06d}.{k}@bulk.example",
                "Account_Name": company.id,
            }
        )
        for n, company in enumerate(companies)
        for k in range(CONTACTS_EACH)
    )
    travel_agency_books.fill(world, Cast(people[0], people))


class _Maker:
    """Rows with times spread over two years, the same for the same seed."""

    def __init__(self, world: World, org: BiginOrg) -> None:
        self.world = world
        self.org = org
        self.random = Random(SEED)
        self.now = int(world.clock.seconds())
        self.owner = next(iter(org.users))

    def row(self, values: dict[str, object]) -> Row:
        created = self.now - self.random.randrange(DAY, 730 * DAY)
        modified = self.random.randrange(created, self.now)
        row_id = self.world.ids.next(self.org.prefix)
        return Row(row_id, values, self.owner, created, modified, self.owner, self.owner, modified)
