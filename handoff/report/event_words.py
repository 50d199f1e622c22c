"""What events are called in a timeline: a sentence with their facts, or a few words before them."""

SENTENCES = {
    "reassign": "handed it from {old} to {new}",
    "waive": "waived {rule} until {until}",
    "request_approval": "asked {of} to approve it by {by}: {rule}",
    "approve": "approved it: {rule}",
    "decline": "declined to approve it: {rule}",
    "warned": "warned {owner}: {percent} % of the response time is over",
    "escalated": "escalated it from {old} to {owner}",
    "rerouted": "gave it from {old} to {owner}",
    "pause": "paused the clock until {until}, as it is {reason}; due then {due}",
    "resume": "let the clock go on; due {due}",
    "ask": "asked {of}, and waits for the answer until {deadline}",
    "reject": "rejected it: {reason}",
    "decide_label": "decided that the text is read as {canonical}",
    "waiver_expired": "waiver ended on {until}: {rule}",
}
PLAIN = {"by_hand_withdrawn", "passed", "released", "delivered", "reopen", "rerun", "comment", "answer"}
"""Events whose own name says it all: what they changed is how we keep it."""


OF_EFFECTS = {
    "confirmed": "done",
    "in_flight": "begun",
    "unknown": "sent, outcome not known",
    "planned": "not done, tried again later",
    "planned_anew": "planned anew",
    "dropped": "taken out of the plan",
}
OF_DEALS = {
    "passed": "passed every rule",
    "noted": "changed in the CRM, in nothing that was sent",
    "correct": "corrected",
    "confirm_correction": "confirmed the correction",
    "withdraw_correction": "took the correction back",
    "correction_conflict": "found that the CRM moved away from the correction",
    "approve": "approved",
    "decline": "declined",
    "waive": "waived",
    "reject": "rejected",
    "reopen": "reopened it",
    "reassign": "reassigned",
    "comment": "commented",
    "pause": "paused",
    "resume": "resumed",
    "ask": "asked",
    "answer": "answered",
    "warned": "warned its owner",
    "rerouted": "given to another owner",
    "rerun": "asked for it to be judged again",
    "by_hand_withdrawn": "took back that it was done by hand",
    "recounted": "due moved",
    "request_approval": "asked for approval",
    "done_by_hand": "said that it was done by hand",
}
