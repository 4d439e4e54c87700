"""What agents write about their calls."""

from channels.db import database_sync_to_async

from widget.errors import InvalidOptionsError, RemarkRequiredError
from widget.switchboard import dialling, journal
from widget.switchboard.desk_transfer import DeskTransfer
from widget.switchboard.messages import WriteRemark
from widget.switchboard.replies import Reply

MAX_REMARK = 4000


class DeskRemarks(DeskTransfer):
    """Remarks and labels, during a call and after it."""

    async def _write_remark(self, remark: WriteRemark) -> Reply:
        """Writing is working: a remark saved during wrap-up starts its countdown anew."""
        if len(remark.text) > MAX_REMARK:
            raise InvalidOptionsError(f"text: at most {MAX_REMARK} characters")
        save = database_sync_to_async(journal.save_remark)
        if not await save(self.agent_id, remark.call_id, remark.text, remark.labels):
            raise InvalidOptionsError("call_id: no call of this agent")
        if remark.call_id == self.wrap_up.call_id:
            await self._extend_wrap_up()
        return {}

    async def _require_remark(self) -> None:
        """After-call work is left by hand only with a remark, where the mode wants one."""
        if not self.wrap_up.call_id or not (await dialling.profile_of(self)).needs_remark:
            return
        if not await database_sync_to_async(journal.has_remark)(self.wrap_up.call_id):
            raise RemarkRequiredError
