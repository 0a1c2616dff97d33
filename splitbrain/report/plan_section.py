"""The plan on the page of a run, and the commands that play it again."""

from __future__ import annotations

import json

from splitbrain.archive.redaction import redact_options
from splitbrain.plan import Plan
from splitbrain.report.markup import CELL_MAX, command, definitions, line, section, text
from splitbrain.report.repeat import again_command, without_bugs_command
from splitbrain.report.script import script_lines
from splitbrain.report.settings import plan_rows

SCRIPT_MAX = 2_000


def plan_section(plan: Plan, run: str) -> str:
    """The section: commands first, then every setting in words, the script, and the JSON."""
    parts = [command("again", again_command(plan, run))]
    if plan.script is None:
        parts += ["<p>From this store, with <i>reproduced k of n</i>:</p>"]
        parts += [command("replay", f"splitbrain replay {run} --times 3")]
    if plan.bugs:
        parts += ["<p>Without the seeded bug:</p>"]
        parts += [command("without", without_bugs_command(plan, run))]
    groups = [
        f"<div><h3>{text(head)}</h3>{definitions(rows)}</div>" for head, rows in plan_rows(plan)
    ]
    parts.append(f"<div class=settings>{''.join(groups)}</div>")
    parts.append(_script(plan))
    data = plan.to_json() | {"options": list(redact_options(plan.options)[0])}
    data.pop("script", None)
    told = text(json.dumps(data, indent=1, ensure_ascii=False)[: 4 * CELL_MAX])
    parts.append(f"<details><summary>as JSON</summary><pre tabindex=0>{told}</pre></details>")
    return section("plan", "The plan, and the same again", "".join(parts))


def _script(plan: Plan) -> str:
    lines = script_lines(plan)
    if not lines:
        return ""
    shown = "\n".join(line(one, 300) for one in lines[:SCRIPT_MAX])
    left = len(lines) - SCRIPT_MAX
    more = f"\n… and {left:,} more in run.json" if left > 0 else ""
    head = "<h3>Operations and faults, one by one</h3>"
    return f"{head}<pre class=script tabindex=0>{shown}{more}</pre>"
