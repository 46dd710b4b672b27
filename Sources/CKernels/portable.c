// The portable level: plain C, the reference that the tests hold every other level to, and what runs on processors
// without a level of their own. Sums are kept in double where that is cheap, so that the reference is the better one.
#include <math.h>
#include <string.h>

#include "level.h"

#include "portable/attention.h"
#include "portable/formats.h"
#include "portable/gemm.h"
#include "portable/gemm_integers.h"
#include "portable/layers.h"
#include "portable/normals.h"
#include "portable/rows.h"
#include "portable/map8.h"
#include "portable/vectors.h"

#include "moments.h"

const ck_kernels ck_portable_kernels = CK_KERNELS_OF_THIS_FILE;
