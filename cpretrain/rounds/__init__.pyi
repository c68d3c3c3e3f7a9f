from .finish import FinishResult as FinishResult
from .finish import finish_round as finish_round
from .start import StartResult as StartResult
from .start import start_round as start_round
from .status import round_status as round_status
