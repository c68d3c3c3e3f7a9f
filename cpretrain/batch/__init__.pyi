from .runner import Batch as Batch
from .runner import for_each as for_each
from .workload import Workload as Workload
