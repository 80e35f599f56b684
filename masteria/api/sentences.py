"""What the API says about each reason code, in plain English; unknown codes are spelt out."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    # requests
    "not_json": "The body is not valid JSON.",
    "unknown_field": "There is no such field.",
    "unknown_value": "This value is not one of the allowed ones.",
    "missing": "This is required.",
    "too_short": "This is too short.",
    "too_long": "This is too long.",
    "too_small": "This is too small.",
    "too_many": "There are too many of these.",
    "out_of_range": "This must lie between 1 and {limit}.",
    "unknown_sort": "This list can be sorted by: {words}.",
    "cursor_of_another_sort": "This cursor belongs to another sort. Start from the first page.",
    "unreadable": "This cannot be read.",
    "not_an_id": "This is not an id.",
    "not_an_email": "This is not an e-mail address.",
    "past_date": "This time has passed.",
    "taken": "Somebody has this already.",
    "key_unusable": "A key is 1 to 255 printable ASCII characters.",
    "key_reused": "This key was used for another request. Use a new key for a new request.",
    "request_running": "The first request with this key is still running. Ask again in a moment.",
    "request_cut_off": "The first request with this key was cut off and its outcome is unknown. "
    "Look whether it took effect before you ask again with a new key.",
    # keys and tokens
    "signed_out": "Send an API key or a token that is valid: Authorization: Bearer mk_…",
    "key_revoked": "This API key was revoked.",
    "key_expired": "This API key has expired.",
    "key_address": "This API key may not be used from this address. Whoever administers it can change its list.",
    "scope_above_yours": "You cannot give what you do not have yourself: {scope}",
    "wider_than_yours": "A key cannot give wider addresses than its own.",
    "longer_than_yours": "A key cannot give a longer life than its own.",
    "not_a_network": "This is not an address or network: {text}",
    "wrong": "The e-mail address or the password is wrong.",
    "totp_missing": "This person signs in with two steps: send the code as `totp` too.",
    "totp_wrong": "The code is wrong, or was used already.",
    "second_step_required": "The company wants two steps to sign in. Turn the second one on in your account first.",
    "no_membership": "This person belongs to no company.",
    "company_suspended": "Every company of this person is suspended.",
    "company_unknown": "This person belongs to no company of that name.",
    "refresh_unknown": "There is no such refresh token.",
    "refresh_over": "This refresh token is over. Sign in again.",
    "refresh_reused": "This refresh token was used before, so its sign-in has ended. Sign in again.",
    "refresh_raced": "Another request used this refresh token at the same moment. Use what that one was answered.",
    "either_or": "Send `email` and `password`, or `refresh_token`, not both.",
    # people
    "unverified": "Your e-mail address is not confirmed yet. Open the link that we mailed you.",
    "second_step_needed": "The company asks for a second step at sign-in. Switch it on under your account first.",
    "proof_needed": "Show first who you are: POST your password to /auth/prove.",
    "phone_unusable": "This is not a phone number that somebody can have.",
    "phone_missing": "No column holds phone numbers.",
    "phone_taken": "Another contact has this number.",
    "name_taken": "This name is in use.",
    "empty": "The file is empty.",
    "header_only": "The file has a header line and nothing below it.",
    "not_a_table": "This is not a table: send CSV.",
    "spreadsheet": "This is a spreadsheet: save it as CSV.",
    "too_large": "The file is too large.",
    "too_many_columns": "The file has too many columns.",
    "unknown_scope": "There is no such scope: {scope}",
    "unknown_column": "The file has no such column: {column}",
    # what the installation limits
    "quota_contacts": "The company has as many contacts as it may have.",
    "quota_connections": "The company may have {limit} connections and has that many.",
    "quota_members": "The company may have {limit} members and has that many.",
    "quota_messages": "The company may send {limit} messages a month, and {left} are left.",
    "last_operator": "Nobody else runs the installation: give it to another person first.",
    # campaigns
    "state": "This is not possible in the state it is in ({state}).",
    "name_too_short": "The name is too short.",
    "message_too_short": "The message is too short.",
    "connection_down": "This connection cannot send now.",
    "template_missing": "Choose a template.",
    "template_elsewhere": "The template belongs to another connection.",
    "template_not_approved": "The template is not approved.",
    "template_needs_media": "Templates with media in the header cannot be sent yet.",
    "template_needs_link": "Templates with a variable link cannot be sent yet.",
    "unmapped_variable": "Variables without a field or fixed text: {names}",
    "audience_missing": "Say who shall get it.",
    "nobody_eligible": "Nobody in this audience can get it.",
    "no_phone": "There is no phone number.",
    "opted_out": "The person does not want messages.",
    "missing_variable": "A value that the message needs is missing.",
    "cancelled": "The campaign was cancelled.",
    "deleted": "The contact was deleted.",
    "by_hand": "Somebody stopped it.",
    # conversations and connections
    "window_closed": "The person's last message is more than 24 hours old: only a template may be sent.",
    "connection_in_use": "Campaigns or conversations use this connection.",
    "unknown_kind": "There is no such kind.",
    "token_wrong": "Meta does not accept the access token.",
    "secret_unreadable": "The stored access token or app secret cannot be opened any more. Set it again.",
    "number_unknown": "Meta does not know this phone number id under the token.",
    "number_of_another_account": "The number does not belong to this WhatsApp Business Account.",
    "blocked_by_vendor": "Meta has blocked the number.",
    # people and the company
    "last_owner": "This is the last owner: make somebody else an owner first.",
    "cannot_answer": "{name} may not answer conversations.",
    "same_person": "This is the person who goes.",
    "own_only_role": "Only agents and viewers can be held to their own conversations.",
    "unknown_permission": "There is no such permission to give: {names}",
    "too_many_roles": "A company has at most {limit} roles of its own.",
    "too_many_teams": "A company has at most {limit} teams.",
    "too_many_invites": "At most {limit} invites can be open at once.",
    "role_in_use": "These people have this role: {names}",
    "invited_already": "This address has an open invite: renew or revoke it.",
    "already_member": "This person belongs to the company already.",
    "invite_used": "This invite has been used.",
    "invite_expired": "This invite has expired.",
    "invite_revoked": "This invite was revoked.",
    "invite_of_another": "This invite is for another address, or the address is not confirmed.",
    "has_account": "This address has an account: sign in first.",
    "second_step_first": "Turn on your own second step first.",
}


def sentence(code: str, details: Mapping[str, object] | None = None) -> str:
    """The sentence for a code with its details filled in; what is a sentence already stays as it is."""
    found = SENTENCES.get(code)
    if found is None:
        return code if " " in code else code.replace("_", " ").capitalize() + "."
    return found.format_map(_Given(details or {}))


class _Given(dict[str, object]):
    """A detail that nobody gave leaves a dash, never an error."""

    def __missing__(self, key: str) -> str:
        return "-"
