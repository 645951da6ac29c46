"""All routes that are data, noun by noun, in the order in which people meet them."""

from __future__ import annotations

from pxeserve.console.api import (
    answerfiles,
    arming,
    audit,
    backups,
    discovered,
    doctor,
    drafts,
    events,
    explain,
    history,
    hosts,
    jobs,
    joins,
    leases,
    loaders,
    media,
    pools,
    profiles,
    racks,
    recovery,
    rehearse,
    scripts,
    settings,
    sites,
    templating,
    tokens,
    uploads,
    users,
    webhooks,
)
from pxeserve.console.api.route import Route

NOUNS = (
    settings, media, uploads, loaders, profiles, sites, hosts, pools, arming, discovered, racks, explain, rehearse, answerfiles, drafts,
    joins, history, scripts, templating, events, leases, doctor, webhooks, jobs, users, tokens, audit, backups, recovery,
)  # fmt: skip

ROUTES: tuple[Route, ...] = tuple(route for noun in NOUNS for route in noun.ROUTES)

WITHOUT = {
    "host.list": "GET /hosts gives pages of it",
    "host.browse": "the pages' own table; GET /hosts gives pages of hosts",
    "rehearse.walk": "pages watch it; POST /rehearsals is walked as a job",
    "events": "GET /events gives pages of it, and follows",
    "events.newest": "the newest event is the first of GET /events",
    "rack.follow": "GET /events?rack=... follows, and GET /racks/{name} is the picture",
    "rehearse.begin": "a rehearsal is walked by the server: POST /rehearsals",
    "rehearse.end": "a rehearsal is walked by the server: POST /rehearsals",
    "rehearse.hosts": "a rehearsal is walked by the server: POST /rehearsals",
    "user.init": "the first account is made on the server, or with the code in a file that its log names",
    "undo": "pages offer it for what was just done there; a program keeps what it changes, and its revision",
    "backup.add": "PUT /pools/{pool}/backups, whose body is no JSON",
    "backup.get": "GET /backups/{id}/content, whose answer is no JSON",
    "upload.send": "PUT /uploads/{name}, whose body is no JSON",
}
"""Verbs that no route of the tables asks for, and what is there instead."""

WITHOUT_A_VERB = {
    "serve": "it is the service",
    "health": "asks the ports of the machine's own service as a machine does; GET /status tells what a program wants to know of it",
    "site save": "the archive holds every secret: it is made on the machine itself, by who may read them there",
    "site restore": "a service that is replaced cannot answer: it is done on the machine itself, while none runs",
    "support-bundle": "looks at the machine with the rights of who asks; GET /status, GET /doctor and GET /events tell most of it",
    "media create": "writes in a folder of one's own; POST /packs makes a pack of uploads",
    "media add-package": "changes a folder of one's own; POST /packs/{name}/revise does it with a medium",
    "media sample": "writes a folder of one's own",
    "answerfile lint": "POST /answerfiles/lint",
    "answerfile convert": "POST /answerfiles/convert",
    "answerfile elements": "docs/answerfile.md holds the tables; GET /drafts/form describes one generation",
    "answerfile example": "GET /answerfiles/drawn/{dialect}/example",
    "answerfile schema": "GET /answerfiles/drawn/{dialect}/schema",
    "answerfile template": "GET /answerfiles/drawn/{dialect}/template",
    "script lint": "POST /scripts/lint",
    "api document": "GET /openapi.json",
    "api page": "docs/api.md, of GET /openapi.json",
    "quirks": "GET /quirks",
    "config example": "docs/pxeserve.example.toml; GET /settings-keys says what each key is for",
    "version": "GET /status tells the service's; it is the command's own otherwise",
}
"""Commands that ask no service for anything, and the route that does the same, or why there is none."""
