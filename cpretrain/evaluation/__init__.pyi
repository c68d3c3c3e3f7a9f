from .agreement import AgreeResult as AgreeResult
from .agreement import agree as agree
from .comparison import evaluate as evaluate
from .iou_thresholds import parse_thresholds as parse_thresholds
from .result import EvaluateResult as EvaluateResult
from .verdict import Verdict as Verdict
