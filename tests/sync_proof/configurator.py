"""What an administrator chooses on the Configure screens in mid-life, as moves of a trial."""

from __future__ import annotations

from sync import mapping, services
from sync.models import Module
from tests.sync_proof.stage import Stage

MODES = ("both", "companies", "contacts")
POLICIES = ("newest", "bigin", "books", "ask")
DUPLICATES = ("overwrite", "skip", "clone")
DELETES = ("delete", "inactive", "keep")
VIEW = "Companies in Portugal"  # what the sandbox's Bigin offers
MODULES = (Module.CUSTOMERS, Module.PRODUCTS)


class Configurator(Stage):
    def switch_mode(self, which: int, how: int) -> None:
        self.world.choose(mode=MODES[which % 3], include_unattached=bool(how % 2))

    def change_policy(self, which: int, how: int) -> None:
        self.world.choose(policy=POLICIES[which % 4])

    def change_deletes(self, which: int, how: int) -> None:
        self.world.choose(MODULES[how % 2], delete_policy=DELETES[which % 3])

    def change_duplicates(self, which: int, how: int) -> None:
        self.world.choose(duplicates=DUPLICATES[which % 3])

    def change_imports(self, which: int, how: int) -> None:
        """Whether customers that only Books has come to Bigin."""
        self.world.choose(create_in_bigin=("none", "active")[which % 2])

    def change_mapping(self, which: int, how: int) -> None:
        """One field is kept in step no longer, or all are again."""
        left_out = (None, "Website", "Phone", "Title")[which % 4]
        rows = [row for row in mapping.defaults(Module.CUSTOMERS) if row.bigin != left_out]
        self.world.choose(mapping=rows)
        self.ledger.unmapped = {left_out} if left_out else set()

    def change_views(self, which: int, how: int) -> None:
        """Only the companies of one list view, or all again."""
        rows = self.world.bigin.api.get("/settings/custom_views", module="Accounts").json()["custom_views"]
        view = next(str(row["id"]) for row in rows if row["name"] == VIEW)
        self.ledger.is_viewed = which % 2 == 0
        self.world.choose(views={"companies": [view] if which % 2 == 0 else []})

    def pause(self, which: int, how: int) -> None:
        """Or resume."""
        setting = self.world.setting(MODULES[which % 2])
        (services.pause if setting.paused_at is None else services.resume)(setting, "a test")

    def read_only(self, which: int, how: int) -> None:
        """On or off."""
        setting = self.world.setting(MODULES[which % 2])
        services.set_read_only(setting, not setting.read_only, "a test")

    def write_again(self) -> None:
        """Everything that was paused or only looked at."""
        for module in MODULES:
            setting = self.world.setting(module)
            services.resume(setting, "a test")
            services.set_read_only(setting, False, "a test")

    def active(self) -> list[str]:
        settings = [self.world.setting(module) for module in MODULES]
        return [one.module for one in settings if one.paused_at is None and not one.read_only]
